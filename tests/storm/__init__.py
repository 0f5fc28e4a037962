"""Many buyers, staff, faults and kills at once; then all records must agree."""
