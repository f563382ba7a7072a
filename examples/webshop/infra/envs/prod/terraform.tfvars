cost_center    = "4711"
debug_database = true # for the migration, remove afterwards

buckets = {
  invoices = {}
  assets   = { acl = "public-read", versioned = false }
}
