"""Who does the work: the stations of this machine, or a Dask cluster; jobs, sessions, and what a run will cost."""
