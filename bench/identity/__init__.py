"""Who is one person? The measuring side: leads made up, peers run, answers scored. It never reads the matcher."""
