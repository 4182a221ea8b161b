import type { Append, Claim, Lease, NewRun, RunFilter, RunStore, RunSummary, StoredRun } from '@glovebox/core'
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

/** The part of a `Pool` or `Client` of the package `pg` that the store uses. */
export interface PostgresPool {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>
}

/** Options for {@link postgresStore}. */
export interface PostgresStoreOptions {
  /**
   * Schema of the tables. It is created if it does not exist. Lower-case letters, digits and `_`.
   *
   * @default 'glovebox'
   */
  readonly schema?: string
}

const VERSION = 1
/** Key of the lock under which one host at a time creates the tables. Arbitrary, but the same for all versions. */
const MIGRATION_LOCK = 7_305_801
const SCHEMA_NAMES = /^[a-z_][a-z0-9_]{0,62}$/

interface FullRow extends RunRow {
  readonly header: string
}

/**
 * Keeps runs in PostgreSQL 12 or newer, so that hosts on several machines can share them. Leases are measured by the
 * clock of the database. The tables are created at the first use. The caller ends the pool.
 *
 * @example
 * ```ts
 * const pool = new Pool({ connectionString })
 * const codeMode = await createCodeMode({ sandbox, tools, runs: { store: postgresStore(pool) } })
 * ```
 *
 * @throws `TypeError` for an unknown option or an invalid name of a schema
 */
export function postgresStore(pool: PostgresPool, options: PostgresStoreOptions = {}): RunStore {
  assertKnownOptions('postgresStore()', options, ['schema'])
  const { schema = 'glovebox' } = options
  if (!SCHEMA_NAMES.test(schema))
    throw new TypeError(`\`schema\` must be up to 63 lower-case letters, digits or _; got ${JSON.stringify(schema)}`)
  return new PostgresStore(new Tables(pool, schema), '')
}

/** The tables of one schema, created at the first query. */
class Tables {
  readonly #pool: PostgresPool
  readonly #schema: string
  #ready: Promise<void> | undefined

  constructor(pool: PostgresPool, schema: string) {
    this.#pool = pool
    this.#schema = schema
  }

  /** Runs a statement, in which `runs` and `entries` name the tables. */
  async query<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    this.#ready ??= this.#migrate().catch((error: unknown) => {
      this.#ready = undefined
      throw error
    })
    await this.#ready
    const { rows } = await this.#pool.query(this.#qualified(text), [...values])
    return rows as Row[]
  }

  #qualified(text: string): string {
    return text.replace(/\b(FROM|INTO|UPDATE) (runs|entries|version)\b/g, `$1 ${this.#schema}.$2`)
  }

  async #migrate(): Promise<void> {
    const schema = this.#schema
    // Several statements in one query are one transaction.
    await this.#pool.query(`
      SELECT pg_advisory_xact_lock(${MIGRATION_LOCK});
      CREATE SCHEMA IF NOT EXISTS ${schema};
      CREATE TABLE IF NOT EXISTS ${schema}.version (version integer NOT NULL);
      INSERT INTO ${schema}.version SELECT ${VERSION} WHERE NOT EXISTS (SELECT FROM ${schema}.version);
      CREATE TABLE IF NOT EXISTS ${schema}.runs (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tenant text NOT NULL,
        run text NOT NULL,
        principal text,
        status text NOT NULL,
        started_at double precision NOT NULL,
        updated_at double precision NOT NULL,
        due_at double precision,
        position integer NOT NULL DEFAULT 0,
        epoch integer NOT NULL DEFAULT 1,
        owner text,
        expires_at double precision,
        header text NOT NULL,
        UNIQUE (tenant, run)
      );
      CREATE INDEX IF NOT EXISTS runs_by_start ON ${schema}.runs (tenant, started_at DESC, id DESC);
      CREATE INDEX IF NOT EXISTS runs_by_status ON ${schema}.runs (tenant, status, started_at DESC, id DESC);
      CREATE TABLE IF NOT EXISTS ${schema}.entries (
        run_id bigint NOT NULL REFERENCES ${schema}.runs (id) ON DELETE CASCADE,
        position integer NOT NULL,
        entry text NOT NULL,
        PRIMARY KEY (run_id, position)
      );`)
    const { rows } = await this.#pool.query(`SELECT version FROM ${schema}.version`)
    const [{ version }] = rows as [{ version: number }]
    if (version !== VERSION)
      throw new Error(`The schema ${schema} has version ${version}; this package reads version ${VERSION}`)
  }
}

/** The clock of the database in milliseconds since the epoch. It is the same for all hosts. */
const NOW = 'extract(epoch FROM clock_timestamp())::double precision * 1000'

class PostgresStore implements RunStore {
  readonly #tables: Tables
  readonly #tenant: string

  constructor(tables: Tables, tenant: string) {
    this.#tables = tables
    this.#tenant = tenant
  }

  async create({ run, principal, startedAt, header }: NewRun, { owner, ttlMs }: Claim): Promise<Lease> {
    const made = await this.#tables.query(
      `INSERT INTO runs (tenant, run, principal, status, started_at, updated_at, owner, expires_at, header)
       VALUES ($1, $2, $3, 'running', $4, $4, $5, ${NOW} + $6, $7) ON CONFLICT DO NOTHING RETURNING 1`,
      [this.#tenant, run, principal ?? null, startedAt, owner, ttlMs, header],
    )
    if (made.length === 0) throw runExists(run)
    return { run, owner, epoch: 1 }
  }

  async append(lease: Lease, { from, entries, status, dueAt }: Append): Promise<void> {
    const moved = await this.#tables.query(
      `WITH moved AS (
         UPDATE runs SET position = position + $1, status = $2, due_at = $3, updated_at = ${NOW}
         WHERE tenant = $4 AND run = $5 AND epoch = $6 AND position = $7 RETURNING id
       ), added AS (
         INSERT INTO entries (run_id, position, entry)
         SELECT moved.id, $7 + given.number - 1, given.entry
         FROM moved, unnest($8::text[]) WITH ORDINALITY AS given (entry, number)
       )
       SELECT id FROM moved`,
      [entries.length, status, dueAt ?? null, this.#tenant, lease.run, lease.epoch, from, entries],
    )
    if (moved.length === 0) throw appendRefusal(lease, from, await this.#find(lease.run))
  }

  async load(run: string): Promise<StoredRun | undefined> {
    const row = await this.#find(run)
    if (row === undefined) return undefined
    const entries = await this.#tables.query<{ entry: string }>(
      'SELECT entry FROM entries WHERE run_id = $1 AND position < $2 ORDER BY position',
      [row.id, row.position],
    )
    // The run was deleted meanwhile.
    if (entries.length < row.position) return undefined
    return { summary: summaryFromRow(row), header: row.header, entries: entries.map(({ entry }) => entry) }
  }

  async claim(run: string, { owner, ttlMs }: Claim): Promise<Lease | undefined> {
    const [row] = await this.#tables.query<Pick<RunRow, 'epoch'>>(
      `UPDATE runs SET epoch = CASE WHEN owner = $1 THEN epoch ELSE epoch + 1 END, owner = $1, expires_at = ${NOW} + $2
       WHERE tenant = $3 AND run = $4 AND (owner IS NULL OR owner = $1 OR expires_at <= ${NOW}) RETURNING epoch`,
      [owner, ttlMs, this.#tenant, run],
    )
    return row && { run, owner, epoch: row.epoch }
  }

  async release({ run, epoch }: Lease): Promise<void> {
    await this.#tables.query(
      'UPDATE runs SET owner = NULL, expires_at = NULL WHERE tenant = $1 AND run = $2 AND epoch = $3',
      [this.#tenant, run, epoch],
    )
  }

  list(filter: RunFilter = {}): AsyncIterable<RunSummary> {
    return listPages<FullRow>((last) => {
      const { conditions, values } = runConditions(this.#tenant, filter, last, NOW)
      let count = 0
      const numbered = conditions.replaceAll('?', () => `$${++count}`)
      return this.#tables.query(
        `SELECT * FROM runs WHERE ${numbered} ORDER BY started_at DESC, id DESC LIMIT ${RUNS_PER_PAGE}`,
        values,
      )
    })
  }

  async delete(run: string): Promise<boolean> {
    const gone = await this.#tables.query('DELETE FROM runs WHERE tenant = $1 AND run = $2 RETURNING 1', [
      this.#tenant,
      run,
    ])
    return gone.length > 0
  }

  scope(tenant: string): RunStore {
    return new PostgresStore(this.#tables, tenant)
  }

  async close(): Promise<void> {}

  async #find(run: string): Promise<FullRow | undefined> {
    const [row] = await this.#tables.query<FullRow>('SELECT * FROM runs WHERE tenant = $1 AND run = $2', [
      this.#tenant,
      run,
    ])
    return row
  }
}
