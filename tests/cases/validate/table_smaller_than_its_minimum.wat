(module
  (import "m" "t" (table 10 5 funcref)))
