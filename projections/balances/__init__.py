"""What each grant of units stands at."""
