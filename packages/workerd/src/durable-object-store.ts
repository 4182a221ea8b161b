import type { Append, Claim, Lease, NewRun, RunFilter, RunStore, RunSummary, StoredRun } from '@glovebox/core'
import {
  appendRefusal,
  listPages,
  RUNS_PER_PAGE,
  type RunRow,
  runConditions,
  runExists,
  summaryFromRow,
} from '@glovebox/core/adapter'
import type { DurableObjectStorage } from './worker-platform.ts'

type SqlValue = string | number | null

const VERSION = 1
const VERSION_TABLE = 'CREATE TABLE IF NOT EXISTS glovebox_version (version INTEGER NOT NULL)'
/** The object may have tables of its own, so the names have a prefix. */
const SCHEMA = `
  CREATE TABLE glovebox_runs (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    run TEXT NOT NULL,
    principal TEXT,
    status TEXT NOT NULL,
    started_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    due_at REAL,
    position INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    owner TEXT,
    expires_at REAL,
    UNIQUE (tenant, run)
  );
  CREATE INDEX glovebox_runs_by_start ON glovebox_runs (tenant, started_at DESC, id DESC);
  CREATE INDEX glovebox_runs_by_status ON glovebox_runs (tenant, status, started_at DESC, id DESC);
  CREATE TABLE glovebox_texts (
    run_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    part INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (run_id, position, part)
  );
  INSERT INTO glovebox_version VALUES (${VERSION});
`
/** Position of a run's header among its texts. Entries begin at 0. */
const HEADER = -1
/**
 * Maximum length of a part in UTF-16 units, each of which takes at most 3 bytes. Rows have at most 2 MB:
 * https://developers.cloudflare.com/durable-objects/platform/limits/
 */
const MAX_PART = 500_000

interface ObjectRow extends RunRow {
  readonly id: number
}

interface TextRow {
  readonly position: number
  readonly text: string
}

/**
 * Keeps runs in the SQLite storage of a Durable Object, in tables whose names begin with `glovebox_`. The object owns
 * the storage, so `close()` has no effect. An append resolves before it is on disk; the platform holds back the
 * requests and responses of the object until it is.
 *
 * @example
 * ```ts
 * class Agent extends DurableObject<Env> {
 *   readonly store = durableObjectStore(this.ctx.storage)
 * }
 * ```
 *
 * @throws `TypeError` if the storage has no SQL; `Error` if its tables have another version
 */
export function durableObjectStore(storage: DurableObjectStorage): RunStore {
  if (typeof storage?.transactionSync !== 'function' || typeof storage.sql?.exec !== 'function')
    throw new TypeError('`storage` must be the storage of a Durable Object of a class in `new_sqlite_classes`')
  const database = new Database(storage)
  database.write(() => database.migrate())
  return new DurableObjectStore(database, '')
}

/** The storage of the object. Each method runs to its end before other events of the object. */
class Database {
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
  }

  /** Runs a statement. Returns its rows. */
  all<Row>(sql: string, ...values: readonly SqlValue[]): Row[] {
    return this.#storage.sql.exec(sql, ...values).toArray() as Row[]
  }

  /** Runs statements in one transaction, which an error undoes. */
  write<Result>(statements: () => Result): Result {
    return this.#storage.transactionSync(statements)
  }

  /** Adds a text in parts. */
  addText(runId: number, position: number, text: string): void {
    partsOf(text).forEach((part, index) => {
      this.all(
        'INSERT INTO glovebox_texts (run_id, position, part, text) VALUES (?, ?, ?, ?)',
        ...[runId, position, index, part],
      )
    })
  }

  /** Creates the tables unless they exist. */
  migrate(): void {
    this.all(VERSION_TABLE)
    const [found] = this.all<{ version: number }>('SELECT version FROM glovebox_version')
    if (found === undefined) this.all(SCHEMA)
    else if (found.version !== VERSION)
      throw new Error(`The runs of this object have version ${found.version}; this package reads version ${VERSION}`)
  }
}

class DurableObjectStore implements RunStore {
  readonly #database: Database
  readonly #tenant: string

  constructor(database: Database, tenant: string) {
    this.#database = database
    this.#tenant = tenant
  }

  async create({ run, principal, startedAt, header }: NewRun, { owner, ttlMs }: Claim): Promise<Lease> {
    this.#database.write(() => {
      const [row] = this.#database.all<Pick<ObjectRow, 'id'>>(
        `INSERT INTO glovebox_runs
           (tenant, run, principal, status, started_at, updated_at, position, epoch, owner, expires_at)
         VALUES (?, ?, ?, 'running', ?, ?, 0, 1, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
        ...[this.#tenant, run, principal ?? null, startedAt, startedAt, owner, Date.now() + ttlMs],
      )
      if (row === undefined) throw runExists(run)
      this.#database.addText(row.id, HEADER, header)
    })
    return { run, owner, epoch: 1 }
  }

  async append(lease: Lease, { from, entries, status, dueAt }: Append): Promise<void> {
    this.#database.write(() => {
      const [row] = this.#database.all<Pick<ObjectRow, 'id'>>(
        `UPDATE glovebox_runs SET position = position + ?, status = ?, due_at = ?, updated_at = ?
         WHERE tenant = ? AND run = ? AND epoch = ? AND position = ? RETURNING id`,
        ...[entries.length, status, dueAt ?? null, Date.now(), this.#tenant, lease.run, lease.epoch, from],
      )
      if (row === undefined) throw appendRefusal(lease, from, this.#find(lease.run))
      entries.forEach((entry, index) => {
        this.#database.addText(row.id, from + index, entry)
      })
    })
  }

  async load(run: string): Promise<StoredRun | undefined> {
    const row = this.#find(run)
    if (row === undefined) return undefined
    const parts = this.#database.all<TextRow>(
      'SELECT position, text FROM glovebox_texts WHERE run_id = ? ORDER BY position, part',
      row.id,
    )
    const entries = Array.from({ length: row.position }, () => '')
    let header = ''
    for (const { position, text } of parts) {
      if (position === HEADER) header += text
      else entries[position] += text
    }
    return { summary: summaryFromRow(row), header, entries }
  }

  async claim(run: string, { owner, ttlMs }: Claim): Promise<Lease | undefined> {
    const now = Date.now()
    const [row] = this.#database.all<Pick<ObjectRow, 'epoch'>>(
      `UPDATE glovebox_runs
       SET epoch = CASE WHEN owner = ? THEN epoch ELSE epoch + 1 END, owner = ?, expires_at = ?
       WHERE tenant = ? AND run = ? AND (owner IS NULL OR owner = ? OR expires_at <= ?) RETURNING epoch`,
      ...[owner, owner, now + ttlMs, this.#tenant, run, owner, now],
    )
    return row && { run, owner, epoch: row.epoch }
  }

  async release({ run, epoch }: Lease): Promise<void> {
    this.#database.all(
      'UPDATE glovebox_runs SET owner = NULL, expires_at = NULL WHERE tenant = ? AND run = ? AND epoch = ?',
      ...[this.#tenant, run, epoch],
    )
  }

  list(filter: RunFilter = {}): AsyncIterable<RunSummary> {
    return listPages<ObjectRow>((last) => {
      const { conditions, values } = runConditions(this.#tenant, filter, last, String(Date.now()))
      return this.#database.all(
        `SELECT * FROM glovebox_runs WHERE ${conditions} ORDER BY started_at DESC, id DESC LIMIT ${RUNS_PER_PAGE}`,
        ...values,
      )
    })
  }

  async delete(run: string): Promise<boolean> {
    return this.#database.write(() => {
      const [row] = this.#database.all<Pick<ObjectRow, 'id'>>(
        'DELETE FROM glovebox_runs WHERE tenant = ? AND run = ? RETURNING id',
        ...[this.#tenant, run],
      )
      if (row === undefined) return false
      this.#database.all('DELETE FROM glovebox_texts WHERE run_id = ?', row.id)
      return true
    })
  }

  scope(tenant: string): RunStore {
    return new DurableObjectStore(this.#database, tenant)
  }

  async close(): Promise<void> {}

  #find(run: string): ObjectRow | undefined {
    const [row] = this.#database.all<ObjectRow>(
      'SELECT * FROM glovebox_runs WHERE tenant = ? AND run = ?',
      ...[this.#tenant, run],
    )
    return row
  }
}

/** Splits a text into parts, at least one. Surrogate pairs stay together, because half of one has no UTF-8. */
function partsOf(text: string): string[] {
  const parts: string[] = []
  let start = 0
  do {
    let end = Math.min(start + MAX_PART, text.length)
    const isInPair = end < text.length && /^[\uDC00-\uDFFF]/.test(text.charAt(end))
    if (isInPair) end--
    parts.push(text.slice(start, end))
    start = end
  } while (start < text.length)
  return parts
}
