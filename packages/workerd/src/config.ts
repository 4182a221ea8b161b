import { COMPATIBILITY_DATE } from './guest-worker.ts'

/** Maximum heap in MB, beyond which V8 ends the process. Monitoring from outside may react too late. */
const MAX_HEAP_MB = 1_024

/**
 * Returns the configuration of workerd, in the format of `workerd.capnp` (https://github.com/cloudflare/workerd). It
 * has one Worker, which loads the others, behind a socket that the command line names. No Worker has network access.
 *
 * @param supervisor file name of that Worker, in the folder of the configuration
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
