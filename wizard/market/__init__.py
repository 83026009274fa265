"""Live data of the AWS APIs: what is offered where and for how much, cached with the moment each figure was read.

How to use it:

    from geos.wizard.market.cache import load_market

    market = load_market(simulated=False)     # None: nothing was ever read. Raises BadCache; the tables then serve
    market.region("us-east-1")                # RegionMarket, or None where that region was never read
    market.types()                            # instance types that the shipped table lacks or has otherwise
    overlaid(shipped, market.region(...), name)   # a Price: live where it was read, with its date, else the shipped one
    ages.is_old(date), ages.age_words(date)   # prices older than 90 days are marked

`refresh.read_market` asks AWS; `snapshot.merge` puts what came over what was there, figure by figure; `cache`
writes it whole or not at all. The cache of the simulated account is a file of its own. In the commands,
`cli.recommend.live.cached_market(context)` tells of a damaged cache and goes on without, `cli.recommend.refresh.
refresh(context, regions)` is --live, and `cli.recommend.watch.watch_prices(context, types, regions)` --watch-price.
"""
