"""What GET reads answer: a schema each, from which OpenAPI is made and which the suite holds every answer to."""
