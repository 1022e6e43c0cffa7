"""loose What a customer may use and what it used: grants, the deduction order, limits, locks, credits, corrections."""
