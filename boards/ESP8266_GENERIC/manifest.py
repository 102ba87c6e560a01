include("$(PORT_DIR)/boards/ESP8266_GENERIC/manifest_2MiB.py")
include("../../firmware/manifest.py", omit=["ota"])
