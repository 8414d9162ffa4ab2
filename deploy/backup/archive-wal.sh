#!/bin/sh
# Copies one finished WAL file into the archive; PostgreSQL calls it (docs/operations.md):
#   archive_command = '/opt/subsidy/deploy/backup/archive-wal.sh /srv/backup "%p" "%f"'
# Ends with 0 only when the file is on disk there. PostgreSQL keeps the file and tries again otherwise.
set -eu
archive=$1/wal from=$2 name=$3
if [ -e "$archive/$name" ]; then
  # Sent again after a crash is well; another file of the same name is not ours to overwrite.
  cmp -s "$from" "$archive/$name" && exit 0
  echo "$archive/$name: 归档中已有内容不同的同名文件 · the archive has another file of this name" >&2
  exit 1
fi
mkdir -p "$archive"
cp "$from" "$archive/$name.part"
sync "$archive/$name.part"
mv "$archive/$name.part" "$archive/$name"
sync "$archive"
