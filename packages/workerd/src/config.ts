import { COMPATIBILITY_DATE } from './guest-worker.ts'

/** Past this V8 ends the process: what is watched from outside may come too late. */
const MAX_HEAP_MB = 1_024

/**
 * What workerd is to serve, in its own format (https://github.com/cloudflare/workerd, workerd.capnp): one Worker, which
 * loads others, behind a socket that the command line names. It has no network, and gives none.
 *
 * @param supervisor the name of the Worker's file, beside this one
 */
export const workerdConfig = (supervisor: string): string => `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  v8Flags = ["--max-old-space-size=${MAX_HEAP_MB}"],
  services = [ (name = "supervisor", worker = .supervisor), (name = "nowhere", worker = .nowhere) ],
  sockets = [ (name = "host", http = (), service = "supervisor") ],
);

const supervisor :Workerd.Worker = (
  compatibilityDate = "${COMPATIBILITY_DATE}",
  compatibilityFlags = ["experimental"],
  modules = [ (name = "supervisor.js", esModule = embed "${supervisor}") ],
  bindings = [ (name = "LOADER", workerLoader = ()) ],
  globalOutbound = "nowhere",
);

const nowhere :Workerd.Worker = (
  compatibilityDate = "${COMPATIBILITY_DATE}",
  modules = [ (name = "nowhere.js", esModule = "export default { fetch() { throw new Error('there is no network') } }") ],
);
`
