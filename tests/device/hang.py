# Never ends, so that its runner has to end it.

from prelude import *

while True:
    time.sleep_ms(100)
