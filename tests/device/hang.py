# Never ends, so that its runner has to end it.

while True:
    time.sleep_ms(100)
