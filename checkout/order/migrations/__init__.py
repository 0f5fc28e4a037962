from microflight.oscar_forks import with_oscars_migrations

__path__ = with_oscars_migrations(__path__, "order")
