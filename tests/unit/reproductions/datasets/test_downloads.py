"""What is downloaded is genuine, whole and downloaded once; what cannot be had is named."""

import dataclasses
import errno
import hashlib
import http.server
import os
import threading

import pooch
import pytest

from reproductions import data_files, datasets
from tests.unit.reproductions.datasets.dataset_files import QA1, QA2, TEXTS, archive, refusal


@pytest.fixture
def mirrors(tiny_babi, tmp_path, monkeypatch):
    """Serves the folder ``mirrors`` over HTTP on this machine as bAbI's mirrors a, b, c; the published archive is the folder's ``good``."""
    root = tmp_path / "mirrors"
    root.mkdir()
    archive(root / "good", TEXTS.items())
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(root))

        def do_GET(self):
            requests.append(self.path)
            super().do_GET()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    file = dataclasses.replace(data_files.BABI_ARCHIVE, urls=tuple(f"http://127.0.0.1:{server.server_port}/{name}" for name in "abc"))
    monkeypatch.setattr(datasets, "BABI_ARCHIVE", file)
    monkeypatch.setitem(data_files.DATASETS, "babi", (file,))
    monkeypatch.setenv("RIN_CLAIMS_OFFLINE", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield root, requests
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_first_mirror_with_the_genuine_archive_wins(mirrors, cache):
    root, requests = mirrors
    (root / "b").write_bytes((root / "good").read_bytes()[:-20])  # a is not there, b is truncated
    (root / "c").write_bytes((root / "good").read_bytes())
    path = cache / "babi" / "tasks_1-20_v1-2.tar.gz"
    assert datasets.babi_text(1, "train").encode() == TEXTS[QA1]
    assert path.read_bytes() == (root / "good").read_bytes()
    assert requests == ["/a", "/b", "/c"]
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, path.name + ".lock"]
    assert datasets.fetch("babi") == [path]
    assert len(requests) == 3  # a genuine file is not fetched again


def test_when_no_mirror_has_it_each_one_s_failure_is_named_and_nothing_is_left(mirrors, cache):
    root, _ = mirrors
    archive(root / "b", [(QA1, b"other"), (QA2, TEXTS[QA2])])
    archive(root / "c", [("../evil", b"evil")])
    line = refusal(datasets.babi_text, 1, "train")
    for part in ("/a: HTTPError: 404", "/b: ", hashlib.sha256(b"other").hexdigest(), "/c: ", "'../evil'", "`rin-claims data fetch babi`"):
        assert part in line
    assert [file.name for file in (cache / "babi").iterdir()] == ["tasks_1-20_v1-2.tar.gz.lock"]


def test_processes_that_fetch_at_once_download_once(mirrors, cache):
    root, requests = mirrors
    (root / "a").write_bytes((root / "good").read_bytes())
    results = []
    threads = [threading.Thread(target=lambda: results.append(datasets.babi_text(1, "train"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [TEXTS[QA1].decode()] * 4
    assert requests == ["/a"]


def test_fetching_replaces_an_altered_file_of_the_cache_and_only_names_one_of_the_user(mirrors, cache, tiny_babi):
    root, _ = mirrors
    (root / "a").write_bytes((root / "good").read_bytes())
    (cache / "babi").mkdir(parents=True)
    (cache / "babi" / "tasks_1-20_v1-2.tar.gz").write_bytes(b"altered")
    refusal(datasets.babi_text, 1, "train")
    datasets.fetch("babi")
    assert datasets.babi_text(1, "train").encode() == TEXTS[QA1]
    tiny_babi.write_bytes(b"the user's own")
    assert str(tiny_babi) in refusal(datasets.fetch, "babi")
    assert tiny_babi.read_bytes() == b"the user's own"


def test_offline_means_no_request(mirrors, monkeypatch):
    root, requests = mirrors
    (root / "a").write_bytes((root / "good").read_bytes())
    monkeypatch.setenv("RIN_CLAIMS_OFFLINE", "1")
    refusal(datasets.fetch, "babi")
    assert requests == []


def test_a_full_disk_is_named_and_leaves_nothing_behind(mirrors, cache, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    root, _ = mirrors
    (root / "a").write_bytes((root / "good").read_bytes())
    monkeypatch.setattr(datasets.os, "replace", full)
    line = refusal(datasets.fetch, "babi")
    assert "No space left on device" in line
    assert "RIN_CLAIMS_DATA" in line
    assert [file.name for file in (cache / "babi").iterdir()] == ["tasks_1-20_v1-2.tar.gz.lock"]


def test_a_cache_that_cannot_be_made_is_named(mirrors, cache):
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")
    line = refusal(datasets.fetch, "babi")
    assert str(cache) in line
    assert "cannot write" in line


def test_an_unknown_data_set_is_refused():
    assert "known: mnist, babi, wikitext-2" in refusal(datasets.fetch, "cifar")


def test_every_file_has_several_mirrors_that_pooch_can_read():
    for files in data_files.DATASETS.values():
        for file in files:
            assert len(file.urls) >= 3
            assert all(isinstance(pooch.core.choose_downloader(url), pooch.HTTPDownloader) for url in file.urls)
