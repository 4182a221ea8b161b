/**
 * Returns the environment variables of a process that runs guests: the locale `en-US`, the time zone UTC, and on
 * Windows `SYSTEMROOT`. No other variable of the host is passed on.
 */
export const guestEnvironment = (): NodeJS.ProcessEnv => ({
  TZ: 'UTC',
  LC_ALL: 'en_US.UTF-8',
  ...(process.platform === 'win32' && { SYSTEMROOT: process.env.SYSTEMROOT }),
})

/** The versions of ICU and of the time-zone data of this Node, as part of an adapter's `engine`. */
export const LOCALE_BUILD = `icu@${process.versions.icu ?? 'none'}/tz@${process.versions.tz ?? 'none'}`
