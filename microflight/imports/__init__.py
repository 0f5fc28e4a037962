"""Import and export of the shop’s data as CSV and XLSX files."""
