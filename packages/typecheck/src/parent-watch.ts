/**
 * Worker thread that ends the process group when the host has ended. The main thread waits for TypeScript, which a
 * program may keep busy for ever, and notices nothing until then.
 */

/** Time between two looks at the host, in milliseconds. */
const WATCH_MS = 500

const host = process.ppid

setInterval(() => {
  if (process.ppid === host && isRunning(host)) return
  process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL')
}, WATCH_MS)

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
