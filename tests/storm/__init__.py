"""Many buyers, staff, faults and kills at once; then the books must be right."""
