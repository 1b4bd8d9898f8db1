"""What commands print: tables, bars, amounts."""
