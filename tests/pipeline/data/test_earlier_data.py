"""Data folders that were prepared before go on being read, and their digests, by which trainings are found, stay."""

from pathlib import Path

from gemhier.pipeline.data.info import LeftOut, SourceFolder
from gemhier.pipeline.data.manifest import Row, read_manifest, write_manifest

MANIFEST = f"""\
image,x,y,side,score,label_given,label,stone,group,split,sha256,width,height,source
/photos/train/Panna/gp1-1.jpg,-3,5,90,0.9375,Panna,beryl/emerald,gp1,0f0f,train,{"0f" * 32},100,80,photos
"/photos/test/Ruby, burmese/gp2-1.jpg",4,0,77,0.5,"Ruby, burmese",corundum/ruby,,1f1f,test,{"1f" * 32},90,77,photos
""".replace("\n", "\r\n")

DATA = """{
 "format": "gemhier-data",
 "format_version": 2,
 "digest": "56e4b00bf539ff576c25ea8dccd31e1f8f1711a47306e8dff909e0951a9d8687",
 "taxonomy_digest": "42e1ac485ce6cf13f985380ba3e6126c82e30ba3ba8eb1654d0d3134f9584ce0",
 "counts": {
  "train": 1,
  "validation": 0,
  "test": 1,
  "leaking": 0,
  "unused": 0
 },
 "config": {
  "seed": 3
 },
 "sources": [
  {
   "name": "photos",
   "root": "/photos"
  }
 ],
 "left_out": [
  {
   "image": "/photos/README.md",
   "kind": "not a picture",
   "reason": "its name ends in '.md'"
  }
 ],
 "several_names": [],
 "contamination": [],
 "ignored_names": []
}
"""

TAXONOMY = """{
 "format": 1,
 "nodes": [
  {
   "aliases": [],
   "also": [],
   "excluded": null,
   "id": "beryl",
   "name": "Beryl",
   "rank": "family"
  },
  {
   "aliases": [
    "Panna"
   ],
   "also": [],
   "excluded": null,
   "id": "beryl/emerald",
   "name": "Emerald",
   "rank": "variety"
  },
  {
   "aliases": [],
   "also": [],
   "excluded": null,
   "id": "corundum",
   "name": "Corundum",
   "rank": "family"
  },
  {
   "aliases": [],
   "also": [],
   "excluded": null,
   "id": "corundum/ruby",
   "name": "Ruby",
   "rank": "variety"
  }
 ]
}
"""

FILES = {"manifest.csv": MANIFEST, "data.json": DATA, "taxonomy.json": TAXONOMY}
"""What `gemhier prepare` of the first release wrote, beside the stone finder."""


def test_a_data_folder_of_the_first_release_is_read_and_written_the_same(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode())
    manifest = read_manifest(tmp_path)
    assert manifest.rows[1] == Row(
        image="/photos/test/Ruby, burmese/gp2-1.jpg",
        x=4,
        y=0,
        side=77,
        score=0.5,
        label_given="Ruby, burmese",
        label="corundum/ruby",
        stone="",
        group="1f1f",
        split="test",
        sha256="1f" * 32,
        width=90,
        height=77,
        source="photos",
    )
    assert manifest.info.sources == (SourceFolder("photos", "/photos"),)
    assert manifest.info.left_out == (LeftOut("/photos/README.md", "not a picture", "its name ends in '.md'"),)
    write_manifest(manifest, b"a stone finder")
    assert {name: (tmp_path / name).read_bytes().decode() for name in FILES} == FILES
