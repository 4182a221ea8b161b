import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type {
  Append,
  Claim,
  Lease,
  MergeShapes,
  NewRun,
  RunFilter,
  RunStore,
  RunSummary,
  Shape,
  ShapeStore,
  StoredRun,
  ToolShape,
} from '@glovebox/core'
import {
  appendRefusal,
  assertKnownOptions,
  listPages,
  RUNS_PER_PAGE,
  type RunRow,
  runConditions,
  runExists,
  summaryFromRow,
} from '@glovebox/core/adapter'

/** Options for {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /**
   * Durability of an append. `full`: it survives a loss of power. `normal`: it survives the end of the process; a loss
   * of power may undo the last appends, so that a call may be made twice.
   *
   * @default 'full'
   */
  readonly synchronous?: 'full' | 'normal'
  /** Maximum size of the file in bytes. Writes fail beyond it. Default: SQLite's own limit, 16 TiB. */
  readonly maxBytes?: number
}

/** Store of runs in a SQLite file, with the shapes of the results of tools beside them. */
export interface SqliteStore extends RunStore, AsyncDisposable {
  /** Shapes of results, for the option `learn` of a code mode. */
  readonly shapes: ShapeStore
  scope(tenant: string): SqliteStore
}

const VERSION = 1
const SCHEMA = `
  CREATE TABLE runs (
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
    header TEXT NOT NULL,
    UNIQUE (tenant, run)
  );
  CREATE INDEX runs_by_start ON runs (tenant, started_at DESC, id DESC);
  CREATE INDEX runs_by_status ON runs (tenant, status, started_at DESC, id DESC);
  CREATE TABLE entries (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
  );
  PRAGMA user_version = ${VERSION};
`
/** Added to files of the same version, which older packages can still read. */
const SHAPES = `
  CREATE TABLE IF NOT EXISTS shapes (
    tenant TEXT NOT NULL,
    owner TEXT NOT NULL,
    server TEXT NOT NULL,
    tool TEXT NOT NULL,
    version TEXT,
    digest TEXT NOT NULL,
    results INTEGER NOT NULL,
    shape TEXT NOT NULL,
    updated_at REAL NOT NULL,
    PRIMARY KEY (tenant, owner, server, tool)
  );
`
/** Maximum number of shapes of one principal. The oldest ones are removed. */
const MAX_SHAPES = 10_000
/** Time to wait for another process that writes, in milliseconds. */
const BUSY_MS = 5_000
const MAX_PAGE_COUNT = 4_294_967_294

interface FullRow extends RunRow {
  readonly id: number
  readonly header: string
}

/**
 * Keeps runs in a SQLite file. Several processes of one machine can share it. The file holds programs and values, so
 * only its owner can read it. `:memory:` keeps everything in memory. The shapes hold no values.
 *
 * @example
 * ```ts
 * await using store = sqliteStore('runs.db')
 * await using codeMode = await createCodeMode({ sandbox, tools, runs: { store } })
 * ```
 *
 * @throws `TypeError` for an unknown option; an error of SQLite if the file cannot be opened, or has another version
 */
export function sqliteStore(path: string, options: SqliteStoreOptions = {}): SqliteStore {
  assertKnownOptions('sqliteStore()', options, ['synchronous', 'maxBytes'])
  const { synchronous = 'full', maxBytes } = options
  if (synchronous !== 'full' && synchronous !== 'normal')
    throw new TypeError(`\`synchronous\` must be full or normal; got ${String(synchronous)}`)
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes > 0))
    throw new TypeError(`\`maxBytes\` must be a positive integer; got ${String(maxBytes)}`)
  return new SqliteRuns(new Database(path, synchronous, maxBytes), '')
}

/** The open file with its prepared statements. */
class Database {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string, synchronous: 'full' | 'normal', maxBytes: number | undefined) {
    if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600))
    this.#database = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true })
    try {
      this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
      if (maxBytes !== undefined) {
        const { page_size: pageSize } = this.#database.prepare('PRAGMA page_size').get() as { page_size: number }
        const pages = Math.min(Math.max(1, Math.floor(maxBytes / pageSize)), MAX_PAGE_COUNT)
        this.#database.exec(`PRAGMA max_page_count = ${pages}`)
      }
      this.write(() => this.#migrate(path))
    } catch (error) {
      this.close()
      throw error
    }
  }

  get(sql: string, ...values: SQLInputValue[]): unknown {
    return this.#prepare(sql).get(...values)
  }

  all(sql: string, ...values: SQLInputValue[]): unknown[] {
    return this.#prepare(sql).all(...values)
  }

  /** Runs a statement. Returns the number of changed rows. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes)
  }

  /** Reads one state of the file with several statements. */
  read<Result>(statements: () => Result): Result {
    return this.#transaction('BEGIN', statements)
  }

  /** Runs statements in one transaction, which an error undoes. */
  write<Result>(statements: () => Result): Result {
    return this.#transaction('BEGIN IMMEDIATE', statements)
  }

  #transaction<Result>(begin: string, statements: () => Result): Result {
    this.run(begin)
    try {
      const result = statements()
      this.run('COMMIT')
      return result
    } catch (error) {
      // SQLite itself has undone the transaction after some errors, such as a full disk.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #migrate(path: string): void {
    const { user_version: version } = this.#database.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version === 0) this.#database.exec(SCHEMA)
    else if (version !== VERSION)
      throw new Error(`${path} has version ${version}; this package reads version ${VERSION}`)
    this.#database.exec(SHAPES)
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

class SqliteRuns implements SqliteStore {
  readonly #database: Database
  readonly #tenant: string

  constructor(database: Database, tenant: string) {
    this.#database = database
    this.#tenant = tenant
  }

  async create({ run, principal, startedAt, header }: NewRun, { owner, ttlMs }: Claim): Promise<Lease> {
    const isNew = this.#database.run(
      `INSERT INTO runs (tenant, run, principal, status, started_at, updated_at, position, epoch, owner, expires_at, header)
       VALUES (?, ?, ?, 'running', ?, ?, 0, 1, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ...[this.#tenant, run, principal ?? null, startedAt, startedAt, owner, Date.now() + ttlMs, header],
    )
    if (isNew === 0) throw runExists(run)
    return { run, owner, epoch: 1 }
  }

  async append(lease: Lease, { from, entries, status, dueAt }: Append): Promise<void> {
    this.#database.write(() => {
      const row = this.#database.get(
        `UPDATE runs SET position = position + ?, status = ?, due_at = ?, updated_at = ?
         WHERE tenant = ? AND run = ? AND epoch = ? AND position = ? RETURNING id`,
        ...[entries.length, status, dueAt ?? null, Date.now(), this.#tenant, lease.run, lease.epoch, from],
      ) as Pick<FullRow, 'id'> | undefined
      if (row === undefined) throw appendRefusal(lease, from, this.#find(lease.run))
      entries.forEach((entry, index) => {
        this.#database.run(
          'INSERT INTO entries (run_id, position, entry) VALUES (?, ?, ?)',
          row.id,
          from + index,
          entry,
        )
      })
    })
  }

  async load(run: string): Promise<StoredRun | undefined> {
    return this.#database.read(() => {
      const row = this.#find(run)
      if (row === undefined) return undefined
      const entries = this.#database.all('SELECT entry FROM entries WHERE run_id = ? ORDER BY position', row.id)
      return {
        summary: summaryFromRow(row),
        header: row.header,
        entries: entries.map((each) => (each as { entry: string }).entry),
      }
    })
  }

  async claim(run: string, { owner, ttlMs }: Claim): Promise<Lease | undefined> {
    const now = Date.now()
    const row = this.#database.get(
      `UPDATE runs SET epoch = CASE WHEN owner = ? THEN epoch ELSE epoch + 1 END, owner = ?, expires_at = ?
       WHERE tenant = ? AND run = ? AND (owner IS NULL OR owner = ? OR expires_at <= ?) RETURNING epoch`,
      ...[owner, owner, now + ttlMs, this.#tenant, run, owner, now],
    ) as Pick<RunRow, 'epoch'> | undefined
    return row && { run, owner, epoch: row.epoch }
  }

  async release({ run, epoch }: Lease): Promise<void> {
    this.#database.run(
      'UPDATE runs SET owner = NULL, expires_at = NULL WHERE tenant = ? AND run = ? AND epoch = ?',
      ...[this.#tenant, run, epoch],
    )
  }

  list(filter: RunFilter = {}): AsyncIterable<RunSummary> {
    return listPages<FullRow>((last) => {
      const { conditions, values } = runConditions(this.#tenant, filter, last, String(Date.now()))
      return this.#database.all(
        `SELECT * FROM runs WHERE ${conditions} ORDER BY started_at DESC, id DESC LIMIT ${RUNS_PER_PAGE}`,
        ...values,
      ) as FullRow[]
    })
  }

  async delete(run: string): Promise<boolean> {
    return this.#database.run('DELETE FROM runs WHERE tenant = ? AND run = ?', this.#tenant, run) > 0
  }

  scope(tenant: string): SqliteStore {
    return new SqliteRuns(this.#database, tenant)
  }

  get shapes(): ShapeStore {
    return new SqliteShapes(this.#database, this.#tenant)
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #find(run: string): FullRow | undefined {
    return this.#database.get('SELECT * FROM runs WHERE tenant = ? AND run = ?', this.#tenant, run) as
      | FullRow
      | undefined
  }
}

interface ShapeRow extends Omit<ToolShape, 'version' | 'shape'> {
  readonly version: string | null
  readonly shape: string
}

class SqliteShapes implements ShapeStore {
  readonly #database: Database
  readonly #tenant: string

  constructor(database: Database, tenant: string) {
    this.#database = database
    this.#tenant = tenant
  }

  async load(principal: string | undefined): Promise<readonly ToolShape[]> {
    const rows = this.#database.all(
      'SELECT * FROM shapes WHERE tenant = ? AND owner = ? ORDER BY server, tool',
      this.#tenant,
      ownerOf(principal),
    )
    return rows.map((row) => shapeFromRow(row as ShapeRow))
  }

  async save(principal: string | undefined, shapes: readonly ToolShape[], merge: MergeShapes): Promise<void> {
    const key = [this.#tenant, ownerOf(principal)]
    this.#database.write(() => {
      for (const added of shapes) {
        const row = this.#database.get(
          'SELECT * FROM shapes WHERE tenant = ? AND owner = ? AND server = ? AND tool = ?',
          ...[...key, added.server, added.tool],
        ) as ShapeRow | undefined
        const { server, tool, version, digest, results, shape } =
          row === undefined ? added : merge(shapeFromRow(row), added)
        this.#database.run(
          `INSERT OR REPLACE INTO shapes (tenant, owner, server, tool, version, digest, results, shape, updated_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ...[...key, server, tool, version ?? null, digest, results, JSON.stringify(shape), Date.now()],
        )
      }
      this.#database.run(
        `DELETE FROM shapes WHERE rowid IN (
           SELECT rowid FROM shapes WHERE tenant = ? AND owner = ? ORDER BY updated_at DESC LIMIT -1 OFFSET ${MAX_SHAPES}
         )`,
        ...key,
      )
    })
  }

  async clear(principal: string | undefined): Promise<number> {
    return this.#database.run('DELETE FROM shapes WHERE tenant = ? AND owner = ?', this.#tenant, ownerOf(principal))
  }
}

/** The owner of shapes that belong to no principal differs from every principal. */
const ownerOf = (principal: string | undefined): string => (principal === undefined ? '' : `:${principal}`)

const shapeFromRow = ({ server, tool, version, digest, results, shape }: ShapeRow): ToolShape => ({
  server,
  tool,
  ...(version !== null && { version }),
  digest,
  results,
  shape: JSON.parse(shape) as Shape,
})
