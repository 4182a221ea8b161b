type ThreadCpuUsage = () => { readonly user: number; readonly system: number }

/**
 * Available since Node 23.9. Older versions use the elapsed time of the turns instead, which is longer on a busy
 * machine.
 */
const threadCpuUsage = (process as { threadCpuUsage?: ThreadCpuUsage }).threadCpuUsage

/** Whether this version of Node measures the CPU time of a thread. */
export const measuresCpuTime = threadCpuUsage !== undefined

/** Returns the CPU time of the current thread in milliseconds, or the elapsed time if it is not measured. */
export const threadCpuTimeMs =
  threadCpuUsage === undefined
    ? () => performance.now()
    : () => {
        const { user, system } = threadCpuUsage()
        return (user + system) / 1_000
      }
