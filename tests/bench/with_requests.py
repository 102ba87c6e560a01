# `requests`, as it is frozen in the firmware.

import requests
from by_hand_readline import save


def get(url):
    response = requests.get(url)
    return response.status_code, response.content


def download(url, path, piece):
    response = requests.get(url)
    try:
        return response.status_code, save(response.raw, path, piece)
    finally:
        response.close()
