# Nothing can wake this. Its loop ends, which is no success, or from v1.26 on waits for ever.

from prelude import *

run_to_end(asyncio.Event().wait())
