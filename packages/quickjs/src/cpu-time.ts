type ThreadCpuUsage = () => { readonly user: number; readonly system: number }

/** Node has it since 23.9; where it is missing, the time that turns take stands in, which is more on a busy machine. */
const threadCpuUsage = (process as { threadCpuUsage?: ThreadCpuUsage }).threadCpuUsage

export const measuresCpuTime = threadCpuUsage !== undefined

export const threadCpuTimeMs =
  threadCpuUsage === undefined
    ? () => performance.now()
    : () => {
        const { user, system } = threadCpuUsage()
        return (user + system) / 1_000
      }
