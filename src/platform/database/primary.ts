// Keeps the service off standbys, whose answers may be out of date. Contains no queries.

import type { EventEmitter } from 'node:events';
import pg from 'pg';

/** A client that is told by PostgreSQL, while it connects, whether the server is a standby. */
export class PrimaryClient extends pg.Client {
  isOnStandby = false;

  constructor(config?: pg.ClientConfig) {
    super(config);
    const { connection } = this as unknown as { connection: EventEmitter }; // not in pg's types
    connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      if (parameterName === 'in_hot_standby') this.isOnStandby = parameterValue === 'on';
    });
  }
}

/** For a pool's `verify`: its clients must be `PrimaryClient`s. */
export function refuseStandby(client: pg.ClientBase, done: (error?: Error) => void): void {
  const isOnStandby = client instanceof PrimaryClient && client.isOnStandby;
  done(isOnStandby ? new Error('the server is a standby') : undefined);
}
