# Nothing can wake this, so its loop ends; that is no success.

from prelude import *

run_to_end(asyncio.Event().wait())
