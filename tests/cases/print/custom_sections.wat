(module
  (@custom "before" (before first) "\01\02")
  (type (func))
  (@custom "note" (after type) "text")
  (@custom "note" "again"))
