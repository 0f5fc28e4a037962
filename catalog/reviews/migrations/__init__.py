from microflight.core.oscar_migrations import with_oscar_migrations

__path__ = with_oscar_migrations(__path__, "catalogue.reviews")
