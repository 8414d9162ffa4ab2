#!/bin/sh
# Takes a base backup while the service runs, verifies it, and deletes what is older than the newest KEEP of them:
#   base-backup.sh /srv/backup        (connects by PGHOST, PGPORT, PGUSER, PGPASSFILE; KEEP is 8 unless set)
# The name of a backup is the time at which it was complete, in UTC: it restores to any moment after that.
set -eu
dir=$1 keep=${KEEP:-8}
mkdir -p "$dir/base" "$dir/wal"
rm -rf "$dir/base/unfinished"
pg_basebackup --pgdata="$dir/base/unfinished" --checkpoint=fast --wal-method=stream --no-password
pg_verifybackup --quiet "$dir/base/unfinished"
name=$(date -u +%Y%m%dT%H%M%SZ)
mv "$dir/base/unfinished" "$dir/base/$name"
sync "$dir/base"
echo "备份完成 · base backup: $dir/base/$name"

cd "$dir/base"
ls -d -- *Z | sort | head -n "-$keep" | while read -r old; do
  rm -rf -- "$old"
  echo "已删除旧备份 · deleted: $old"
done
oldest=$(ls -d -- *Z | sort | head -n 1)
needed=$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\))$/\1/p' "$oldest/backup_label")
pg_archivecleanup "$dir/wal" "$needed"
