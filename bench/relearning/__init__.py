"""Does learning a site's own weights help, and do Splink and we say the same of a pair? `make bench-relearning`."""
