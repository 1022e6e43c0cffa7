"""What is owed and what is paid: prices, lines, invoices, credit notes, payments."""
