# A verified https request. Certificates have dates, and a board starts in 2000, when none is valid
# yet: so this sets the clock first. If that fails, `.error` of the request says why.

import time

import http
import wifi

URL = "https://httpbin.org/get"
CA_FILE = ""  # a PEM or DER file on the board, in place of CA
WIFI_SSID = ""
WIFI_PASSWORD = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass

# The certificate of Amazon Root CA 1, which vouches for httpbin.org, until 2038.
CA = """
-----BEGIN CERTIFICATE-----
MIIDQTCCAimgAwIBAgITBmyfz5m/jAo54vB4ikPmljZbyjANBgkqhkiG9w0BAQsF
ADA5MQswCQYDVQQGEwJVUzEPMA0GA1UEChMGQW1hem9uMRkwFwYDVQQDExBBbWF6
b24gUm9vdCBDQSAxMB4XDTE1MDUyNjAwMDAwMFoXDTM4MDExNzAwMDAwMFowOTEL
MAkGA1UEBhMCVVMxDzANBgNVBAoTBkFtYXpvbjEZMBcGA1UEAxMQQW1hem9uIFJv
b3QgQ0EgMTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALJ4gHHKeNXj
ca9HgFB0fW7Y14h29Jlo91ghYPl0hAEvrAIthtOgQ3pOsqTQNroBvo3bSMgHFzZM
9O6II8c+6zf1tRn4SWiw3te5djgdYZ6k/oI2peVKVuRF4fn9tBb6dNqcmzU5L/qw
IFAGbHrQgLKm+a/sRxmPUDgH3KKHOVj4utWp+UhnMJbulHheb4mjUcAwhmahRWa6
VOujw5H5SNz/0egwLX0tdHA114gk957EWW67c4cX8jJGKLhD+rcdqsq08p8kDi1L
93FcXmn/6pUCyziKrlA4b9v7LWIbxcceVOF34GfID5yHI9Y/QCB/IIDEgEw+OyQm
jgSubJrIqg0CAwEAAaNCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMC
AYYwHQYDVR0OBBYEFIQYzIU07LwMlJQuCFmcx7IQTgoIMA0GCSqGSIb3DQEBCwUA
A4IBAQCY8jdaQZChGsV2USggNiMOruYou6r4lK5IpDB/G/wkjUu0yKGX9rbxenDI
U5PMCCjjmCXPI6T53iHTfIUJrU6adTrCC2qJeHZERxhlbI1Bjjt/msv0tadQ1wUs
N+gDS63pYaACbvXy8MWy7Vu33PqUXHeeE6V/Uq2V8viTO96LXFvKWlJbYK8U90vv
o/ufQJVtMVT8QtPHRh8jrdkPSHCa2XV4cdFyQzR1bldZwgJcJmApzyMZFo6IQ6XU
5MsI+yMRQ+hDKXJioaldXgjUkK642M4UwtBV8ob2xJNDd2ZhwLnoQdeXeGADbkpy
rqXRfboQnoZsG4q5WTP468SQvvG5
-----END CERTIFICATE-----
"""


def set_clock():
    """Set the clock by NTP if it is not set; return whether it is now."""
    if is_set():
        return True
    print("https: the clock says", time.localtime()[0], "- asking NTP")
    try:
        import ntptime
    except ImportError:
        print("https: no module ntptime here")
        return False
    for attempt in range(5):
        try:
            ntptime.settime()
            break
        except OSError as er:  # a packet may be lost
            print("https: no answer from", ntptime.host, "-", er)
            time.sleep(1)
    return is_set()


def is_set():
    return time.localtime()[0] >= 2025


def main():
    """Return whether a verified response came."""
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return False
    if set_clock():
        print("https: it is %04d-%02d-%02d %02d:%02d UTC" % tuple(time.localtime()[:5]))
    else:
        print("https: the clock is not set; expect the certificate to be refused")
    ca = CA
    if CA_FILE:
        with open(CA_FILE, "rb") as f:
            ca = f.read()
    http.certificates(ca)  # for every request from now on
    request = http.request("GET", URL, None, None, {"timeout": 20000})
    code, headers, body = request.wait()
    if code < 0:
        print("https: failed with", code, "-", request.error)
    else:
        print("https: verified, status", code, "with", len(body), "bytes of", URL)
    return code > 0


if __name__ == "__main__":
    main()
