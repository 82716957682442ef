(module (@dylink.0 (mem-info (memory 4294967296 1) (table 0 0))))
