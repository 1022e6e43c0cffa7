"""The dashboard: pages for people, rendered on the server. They ask and change through the code the JSON API uses."""
