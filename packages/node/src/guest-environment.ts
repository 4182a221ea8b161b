/**
 * The environment of a process that guests run in: American English and UTC, and on Windows what a process cannot start
 * without. Of the host's own environment guests learn nothing.
 */
export const guestEnvironment = (): NodeJS.ProcessEnv => ({
  TZ: 'UTC',
  LC_ALL: 'en_US.UTF-8',
  ...(process.platform === 'win32' && { SYSTEMROOT: process.env.SYSTEMROOT }),
})

/** The version of what `Intl` knows in this Node, which belongs to the build of an engine: locales, and time zones. */
export const LOCALE_BUILD = `icu@${process.versions.icu ?? 'none'}/tz@${process.versions.tz ?? 'none'}`
