"""GET: reads for people and spreadsheets. Resources in the path, filters in the query string, pages by cursor."""
