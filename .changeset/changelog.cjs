/**
 * Writes the changelogs: one line for each change of a package, without a list of its updated dependencies, which
 * would repeat every change of the engine in every package.
 */
module.exports = {
  getReleaseLine: async ({ summary }) => `- ${summary.trim().replaceAll('\n', '\n  ')}`,
  getDependencyReleaseLine: async () => '',
}
