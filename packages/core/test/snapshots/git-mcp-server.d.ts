declare namespace gitMcpServer {
  /** Stage files for commit. Add file contents to the staging area (index) to prepare for the next commit. */
  function gitAdd(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Array of file or directory paths to stage (relative to repository root). Use ["."] to stage all changes. Paths must not start with "-" — use "./-name" for filenames starting with a dash. Can be omitted when all or update is true. each length >= 1, @default [] */
    paths?: string[]
    /** Stage only modified and deleted files (skip untracked files). @default false */
    update?: boolean
    /** Include all items (varies by operation). @default false */
    all?: boolean
    /** Allow adding otherwise ignored files. @default false */
    force?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Files that were successfully staged. */
    stagedFiles: string[]
    /** Total number of files staged. int */
    totalFiles: number
    /** Repository status after staging files. */
    status: {
      /** Current branch name after staging. */
      current_branch: string | null
      /** All staged changes after this operation. */
      staged_changes: Record<string, unknown>
      /** Remaining unstaged changes. */
      unstaged_changes: Record<string, unknown>
      /** Remaining untracked files. */
      untracked_files: string[]
      /** Files with conflicts. */
      conflicted_files: string[]
      /** Whether working directory is clean (ready to commit). */
      is_clean: boolean
    }
  }>
  /** Show line-by-line authorship information for a file, displaying who last modified each line and when. For large files, use startLine/endLine to limit output. Read-only. */
  function gitBlame(input: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Path to the file to blame (relative to repository root). Must not start with "-". length >= 1 */
    filePath: string
    /** Start line number (1-indexed). int, >= 1 */
    startLine?: number
    /** End line number (1-indexed). int, >= 1 */
    endLine?: number
    /** Ignore whitespace changes. @default false */
    ignoreWhitespace?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** The file that was blamed. */
    filePath: string
    /** Array of blame information for each line. */
    lines: {
      /** Line number in the file (1-indexed). int, >= 1 */
      lineNumber: number
      /** Full commit hash of the last change to this line. */
      commitHash: string
      /** Author who last modified this line. */
      author: string
      /** Unix timestamp of the commit that last modified this line. int */
      timestamp: number
      /** The actual content/text of this line. */
      content: string
    }[]
    /** Total number of lines in the output. int */
    totalLines: number
  }>
  type Mode = "list" | "create" | "delete" | "rename" | "show-current"
  /** Manage branches: list all branches, show current branch, create a new branch, delete a branch, or rename a branch. */
  function gitBranch(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** The branch operation to perform. @default "list" */
    mode?: Mode
    /** Branch name for create/delete/rename operations. length 1..255 */
    branchName?: string
    /** New branch name for rename operation. length 1..255 */
    newBranchName?: string
    /** Starting point (commit/branch) for new branch creation. length >= 1 */
    startPoint?: string
    /** Force the operation, bypassing safety checks. @default false */
    force?: boolean
    /** For list mode: show both local and remote branches. @default false */
    all?: boolean
    /** For list mode: show only remote branches. @default false */
    remote?: boolean
    /** For list mode: show only branches merged into HEAD (true) or specified commit (string). */
    merged?: string | boolean
    /** For list mode: show only branches not merged into HEAD (true) or specified commit (string). */
    noMerged?: string | boolean
    /** For list mode: cap the number of branches returned (applied at the git command). Use on repos with many branches. int, 1..1000 */
    limit?: number
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    mode: Mode
    /** List of branches (for list mode). */
    branches?: {
      /** Branch name. */
      name: string
      /** True if this is the current branch. */
      current: boolean
      /** Commit hash the branch points to. */
      commitHash: string
      /** Upstream branch name if configured. */
      upstream?: string
      /** Commits ahead of upstream. int */
      ahead?: number
      /** Commits behind upstream. int */
      behind?: number
    }[]
    /** Name of current branch. */
    currentBranch?: string
    /** Success message for create/delete/rename modes. */
    message?: string
  }>
  type ReviewType = "security" | "features" | "storyline" | "gaps" | "breaking_changes" | "quality"
  /** Gather git history context (commits, tags) and structured review instructions to support LLM-driven changelog analysis. Changelog file should be read separately; this tool provides the supporting git data and analysis framework. Pass one or more review types to control what kind of analysis to perform. Read-only. */
  function gitChangelogAnalyze(input: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Types of changelog review to perform. At least one required. Options: security, features, storyline, gaps, breaking_changes, quality. items >= 1 */
    reviewTypes: ReviewType[]
    /** Maximum recent commits to fetch for cross-referencing (1-1000). int, 1..1000, @default 200 */
    maxCommits?: number
    /** Maximum recent tags to fetch for release context (1-1000). Applied at the git command so large tag catalogs do not bloat the response. int, 1..1000, @default 100 */
    maxTags?: number
    /** Only include git history since this tag (e.g., "v1.2.0"). Narrows the analysis window. Must not start with "-". length >= 1 */
    sinceTag?: string
    /** Branch to analyze (defaults to current branch). length >= 1 */
    branch?: string
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Review types that were requested. */
    reviewTypes: ReviewType[]
    /** Git history context for changelog cross-referencing. */
    gitContext: {
      /** Current branch name. */
      currentBranch: string | null
      /** Number of commits returned. int */
      totalCommitsFetched: number
      /** Recent commits for cross-referencing. */
      commits: {
        /** Short commit hash. */
        hash: string
        /** Commit subject line. */
        subject: string
        /** Commit author. */
        author: string
        /** Unix timestamp. int */
        timestamp: number
        /** Tags or branches at this commit. */
        refs?: string[]
      }[]
      /** Repository tags for release context. */
      tags: {
        /** Tag name. */
        name: string
        /** Commit hash the tag points to. */
        commit: string
        /** Tag creation timestamp. int */
        timestamp?: number
        /** Annotated tag message. */
        message?: string
      }[]
    }
    /** Analysis instructions for each requested review type. Guides the LLM on what to look for in the changelog. */
    reviewInstructions: string
  }>
  /** Switch branches or restore working tree files. Can checkout an existing branch, create a new branch, or restore specific files. */
  function gitCheckout(input: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Branch name, commit hash, or tag to checkout. */
    target: string
    /** Create a new branch with the specified name. @default false */
    createBranch?: boolean
    /** Force the operation, bypassing safety checks. @default false */
    force?: boolean
    /** Specific file paths to checkout/restore (relative to repository root). Entries must not start with "-". each length >= 1 */
    paths?: string[]
    /** Set up tracking relationship with remote branch when creating new branch. */
    track?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Checked out branch or commit. */
    target: string
    /** True if a new branch was created. */
    branchCreated: boolean
    /** Files that were modified during checkout. */
    filesModified: string[]
  }>
  type Strategy = "ort" | "recursive" | "octopus" | "ours" | "subtree"
  /** Cherry-pick commits from other branches. Apply specific commits to the current branch without merging entire branches. */
  function gitCherryPick(input: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Commit hashes to cherry-pick. items >= 1, each length >= 1 */
    commits: string[]
    /** Don't create commit (stage changes only). @default false */
    noCommit?: boolean
    /** Continue cherry-pick after resolving conflicts. @default false */
    continueOperation?: boolean
    /** Abort cherry-pick operation. @default false */
    abort?: boolean
    /** For merge commits, specify which parent to follow (1 for first parent, 2 for second, etc.). int, >= 1 */
    mainline?: number
    /** Merge strategy to use for cherry-pick. */
    strategy?: Strategy
    /** Add Signed-off-by line to the commit message. @default false */
    signoff?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Commits that were successfully cherry-picked. */
    pickedCommits: string[]
    /** Whether operation had conflicts. */
    conflicts: boolean
    /** Files with conflicts that need resolution. */
    conflictedFiles: string[]
    /** Human-readable next-step guidance, especially for conflicts. */
    message?: string
  }>
  /** Remove untracked files from the working directory. Requires force flag for safety. Use dry-run to preview files that would be removed. */
  function gitClean(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Force the operation, bypassing safety checks. @default false */
    force?: boolean
    /** Preview the operation without executing it. @default false */
    dryRun?: boolean
    /** Remove untracked directories in addition to files. @default false */
    directories?: boolean
    /** Remove ignored files as well. @default false */
    ignored?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** List of files that were removed. */
    filesRemoved: string[]
    /** List of directories that were removed. */
    directoriesRemoved: string[]
    /** Whether this was a dry-run (preview only). */
    dryRun: boolean
  }>
  /** Clear the session working directory setting. This resets the context without restarting the server. Subsequent git operations will require an explicit path parameter unless git_set_working_dir is called again. */
  function gitClearWorkingDir(input: {
    /** Explicit confirmation required to clear working directory. Accepted values: 'Y', 'y', 'Yes', or 'yes'. */
    confirm: "Y" | "y" | "Yes" | "yes"
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Confirmation message. */
    message: string
    /** The working directory that was cleared (if one was set). */
    previousPath?: string
  }>
  /** Clone a repository from a remote URL or local path. Accepts HTTP(S), SSH, git://, file://, and bare filesystem paths, with optional shallow cloning. */
  function gitClone(input: {
    /** Git repository URL: HTTP(S), SSH (ssh://… or user@host:path), git://, file://, or an absolute filesystem path. Must not start with "-" and no segment may start with "-". length 1..2048 */
    url: string
    /** Destination path where the repository should be cloned. Must not start with "-". length >= 1 */
    path: string
    /** Specific branch to clone (defaults to remote HEAD). Must not start with "-". length 1..255 */
    branch?: string
    /** Create a shallow clone with history truncated to N commits. int, >= 1 */
    depth?: number
    /** Create a bare repository (no working directory). @default false */
    bare?: boolean
    /** Create a mirror clone (implies bare). @default false */
    mirror?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** The remote URL or path that was cloned. */
    remoteUrl: string
    /** Local path where repository was cloned. */
    path: string
    /** The branch that was checked out. */
    branch: string
    /** Current HEAD commit hash. */
    commitHash?: string
  }>
  /**
   * Create a new commit with staged changes in the repository. Records a snapshot of the staging area with a commit message.
   *
   * **Commit Message Format:**
   * Pass commit messages as JSON string parameters. Multi-line messages are supported using standard JSON string escaping.
   *
   * **Examples:**
   * - Single line: { "message": "feat: add user authentication" }
   * - Multi-line: { "message": "feat: add user authentication\n\nImplemented OAuth2 flow with JWT tokens.\nAdded tests for login and logout." }
   *
   * Note: Do not use bash heredoc syntax. Literal escape sequences (\n, \t) in the message string are automatically normalized to their actual characters.
   */
  function gitCommit(input: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Commit message. length 1..10000 */
    message: string
    /** Override commit author (defaults to git config). */
    author?: {
      /** Author's name. length >= 1 */
      name: string
      /** Author's email address (e.g. user@example.com). length >= 1 */
      email: string
    }
    /** Amend the previous commit instead of creating a new one. Use with caution. @default false */
    amend?: boolean
    /** Allow creating a commit with no changes. @default false */
    allowEmpty?: boolean
    /** Bypass pre-commit and commit-msg hooks. @default false */
    noVerify?: boolean
    /** File paths to stage before committing (atomic stage+commit operation). Entries must not start with "-". each length >= 1 */
    filesToStage?: string[]
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** SHA-1 hash of the created commit. */
    commitHash: string
    /** The commit message. */
    message: string
    /** Author of the commit. */
    author: string
    /** Unix timestamp when the commit was created. int */
    timestamp: number
    /** Number of files changed in this commit. int */
    filesChanged?: number
    /** List of files that were committed. */
    committedFiles: string[]
    /** Number of line insertions. int */
    insertions?: number
    /** Number of line deletions. int */
    deletions?: number
    /** Whether the commit was signed. False when GIT_SIGN_COMMITS=false or when signing was attempted and fell back to unsigned on failure. */
    signed: boolean
    /** Populated only when signing was requested but failed, and the commit was created unsigned as a fallback. */
    signingWarning?: string
    /** Repository status after the commit. */
    status: {
      /** Current branch name after commit. */
      current_branch: string | null
      /** Remaining staged changes after commit. */
      staged_changes: Record<string, unknown>
      /** Unstaged changes after commit. */
      unstaged_changes: Record<string, unknown>
      /** Untracked files after commit. */
      untracked_files: string[]
      /** Conflicted files after commit. */
      conflicted_files: string[]
      /** Whether working directory is clean. */
      is_clean: boolean
    }
  }>
  /** View differences between commits, branches, or working tree. Shows changes in unified diff format. Read-only. */
  function gitDiff(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Target commit/branch to compare against. If not specified, shows unstaged changes in working tree. length >= 1 */
    target?: string
    /** Source commit/branch to compare from. If target is specified but not source, compares target against working tree. length >= 1 */
    source?: string
    /** Limit diff to specific file paths (relative to repository root). Entries must not start with "-". each length >= 1 */
    paths?: string[]
    /** Show diff of staged changes instead of unstaged. @default false */
    staged?: boolean
    /** Include untracked files in the diff. Useful for reviewing all upcoming changes. @default false */
    includeUntracked?: boolean
    /** Show only names of changed files, not the diff content. @default false */
    nameOnly?: boolean
    /** Show diffstat (summary of changes) instead of full diff content. @default false */
    stat?: boolean
    /** Number of context lines to show around changes. int, 0..100, @default 3 */
    contextLines?: number
    /** Automatically exclude lock files and other generated files (e.g., package-lock.json, yarn.lock, bun.lock, poetry.lock, go.sum) from diff output to reduce context bloat. Set to false if you need to inspect these files. @default true */
    autoExclude?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** The diff output in unified diff format. */
    diff: string
    /** Number of files with differences. int */
    filesChanged: number
    /** Total number of line insertions. int */
    insertions?: number
    /** Total number of line deletions. int */
    deletions?: number
    /** Files that were automatically excluded from the diff (e.g., lock files). Call again with autoExclude=false to include them. */
    excludedFiles?: string[]
  }>
  /** Fetch updates from a remote repository. Downloads objects and refs without merging them. */
  function gitFetch(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Remote name (default: origin). length 1..255, /^[a-zA-Z0-9._]+(?:[-._a-zA-Z0-9]*)$/ */
    remote?: string
    /** Prune remote-tracking references that no longer exist on remote. @default false */
    prune?: boolean
    /** Fetch all tags from the remote. @default false */
    tags?: boolean
    /** Create a shallow clone with history truncated to N commits. int, >= 1 */
    depth?: number
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Remote name that was fetched from. */
    remote: string
    /** References that were fetched from the remote. */
    fetchedRefs: string[]
    /** References that were pruned (deleted locally). */
    prunedRefs: string[]
  }>
  /** Initialize a new Git repository at the specified path. Creates a .git directory and sets up the initial branch. */
  function gitInit(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Name of the initial branch (default: main). */
    initialBranch?: string
    /** Create a bare repository (no working directory). @default false */
    bare?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Path where repository was initialized. */
    path: string
    /** Name of the initial branch. */
    initialBranch: string
    /** Whether this is a bare repository. */
    isBare: boolean
  }>
  /** View commit history with optional filtering by author, date range, file path, or commit message pattern. Read-only. */
  function gitLog(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Maximum number of items to return (1-1000). int, 1..1000, @default 10 */
    maxCount?: number
    /** Number of items to skip for pagination. int, >= 0 */
    skip?: number
    /** Show commits more recent than a specific date (ISO 8601 format). */
    since?: string
    /** Show commits older than a specific date (ISO 8601 format). */
    until?: string
    /** Filter commits by author name or email pattern. */
    author?: string
    /** Filter commits by message pattern (regex supported). */
    grep?: string
    /** Show commits from a specific branch or ref (defaults to current branch). length >= 1 */
    branch?: string
    /** Show commits that affected a specific file path. Must not start with "-". length >= 1 */
    filePath?: string
    /** Abbreviated output: return only hash, shortHash, and subject per commit. Significantly reduces response size. @default false */
    oneline?: boolean
    /** Include file change statistics for each commit. @default false */
    stat?: boolean
    /** Include the full diff patch for each commit. @default false */
    patch?: boolean
    /** Show GPG signature verification information for each commit. @default false */
    showSignature?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Array of commit objects. */
    commits: {
      /** Full commit SHA-1 hash. */
      hash: string
      /** Abbreviated commit hash (7 characters). */
      shortHash: string
      /** Commit author name. */
      author?: string
      /** Commit author email. */
      authorEmail?: string
      /** Commit timestamp (Unix timestamp). int */
      timestamp?: number
      /** First line of the commit message. */
      subject: string
      /** Commit message body (if present). */
      body?: string
      /** Parent commit hashes. */
      parents?: string[]
      /** References (branches, tags) pointing to this commit. */
      refs?: string[]
      /** File change statistics (when stat option is used). */
      stat?: string
      /** Full diff patch (when patch option is used). */
      patch?: string
    }[]
    /** Total number of commits returned (may be limited by maxCount). int */
    totalCount: number
    /** Set when filters returned zero commits. Echoes the criteria and suggests broadening so callers can self-correct without inspecting the request. */
    note?: string
  }>
  /** Merge branches together. Integrates changes from another branch into the current branch with optional merge strategies. */
  function gitMerge(input: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Branch to merge into current branch. length 1..255 */
    branch: string
    /** Merge strategy to use (ort, recursive, octopus, ours, subtree). */
    strategy?: Strategy
    /** Prevent fast-forward merge (create merge commit). @default false */
    noFastForward?: boolean
    /** Squash all commits from the branch into a single commit. @default false */
    squash?: boolean
    /** Custom merge commit message. length 1..10000 */
    message?: string
    /** Abort an in-progress merge that has conflicts. @default false */
    abort?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Merge strategy used. */
    strategy: string
    /** Whether merge was fast-forward. */
    fastForward: boolean
    /** Whether merge had conflicts. */
    conflicts: boolean
    /** Files with conflicts that need resolution. */
    conflictedFiles: string[]
    /** Files that were merged. */
    mergedFiles: string[]
    /** Merge commit message. */
    message: string
  }>
  /** Pull changes from a remote repository. Fetches and integrates changes into the current branch. */
  function gitPull(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Remote name (default: origin). length 1..255, /^[a-zA-Z0-9._]+(?:[-._a-zA-Z0-9]*)$/ */
    remote?: string
    /** Branch name (default: current branch). length 1..255 */
    branch?: string
    /** Use rebase instead of merge when integrating changes. @default false */
    rebase?: boolean
    /** Fail if can't fast-forward (no merge commit). @default false */
    fastForwardOnly?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Remote name that was pulled from. */
    remote: string
    /** Branch that was pulled. */
    branch: string
    /** Integration strategy used. */
    strategy: "merge" | "rebase" | "fast-forward"
    /** Whether pull had conflicts. */
    conflicts: boolean
    /** Files with conflicts that need resolution (empty if conflicts is false). */
    conflictedFiles: string[]
    /** Files that were changed. */
    filesChanged: string[]
  }>
  /** Push changes to a remote repository. Uploads local commits to the remote branch. */
  function gitPush(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Remote name (default: origin). length 1..255, /^[a-zA-Z0-9._]+(?:[-._a-zA-Z0-9]*)$/ */
    remote?: string
    /** Branch name (default: current branch). length 1..255 */
    branch?: string
    /** Force push (overwrites remote history). @default false */
    force?: boolean
    /** Safer force push - only succeeds if remote branch is at expected state. @default false */
    forceWithLease?: boolean
    /** Set upstream tracking relationship for the branch. @default false */
    setUpstream?: boolean
    /** Push all tags to the remote. @default false */
    tags?: boolean
    /** Preview the operation without executing it. @default false */
    dryRun?: boolean
    /** Delete the specified remote branch. @default false */
    delete?: boolean
    /** Remote branch name to push to (if different from local branch name). length 1..255 */
    remoteBranch?: string
    /** Explicit confirmation required for force push or branch deletion on protected branches (main, master, production, etc.). @default false */
    confirmed?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Remote name that was pushed to. */
    remote: string
    /** Branch that was pushed. */
    branch: string
    /** Whether upstream tracking was set for the branch. */
    upstreamSet: boolean
    /** References that were successfully pushed. */
    pushedRefs: string[]
    /** References that were rejected by the remote. */
    rejectedRefs: string[]
  }>
  /** Rebase commits onto another branch. Reapplies commits on top of another base tip for a cleaner history. */
  function gitRebase(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Rebase operation mode: 'start', 'continue', 'abort', or 'skip'. @default "start" */
    mode?: "start" | "continue" | "abort" | "skip"
    /** Upstream branch to rebase onto (required for start mode). length >= 1 */
    upstream?: string
    /** Branch to rebase (default: current branch). length >= 1 */
    branch?: string
    /** Interactive rebase (not supported in all providers). @default false */
    interactive?: boolean
    /** Rebase onto different commit than upstream. length >= 1 */
    onto?: string
    /** Preserve merge commits during rebase. @default false */
    preserve?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Whether rebase had conflicts. */
    conflicts: boolean
    /** Files with conflicts that need resolution. */
    conflictedFiles: string[]
    /** Number of commits that were rebased. int */
    rebasedCommits: number
    /** Current commit hash if rebase stopped due to conflict. */
    currentCommit?: string
    /** Human-readable next-step guidance, especially for conflicts. */
    message?: string
  }>
  /** View the reference logs (reflog) to track when branch tips and other references were updated. Useful for recovering lost commits. Read-only. */
  function gitReflog(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Reference whose reflog to show. Defaults to HEAD. Must not start with "-". length >= 1 */
    ref?: string
    /** Maximum number of items to return (1-1000). int, 1..1000, @default 25 */
    maxCount?: number
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** The reference that was queried. */
    ref: string
    /** Array of reflog entries in reverse chronological order. */
    entries: {
      /** Commit hash for this reflog entry. */
      hash: string
      /** Reference name (e.g., HEAD@{0}, main@{1}). */
      refName: string
      /** Action that caused this reflog entry (commit, checkout, etc.). */
      action: string
      /** Detailed message describing the action. */
      message: string
      /** Unix timestamp when this action occurred. int */
      timestamp: number
    }[]
    /** Total number of reflog entries. int */
    totalEntries: number
  }>
  type Remote = {
    /** Remote name. */
    name: string
    fetchUrl: string
    /** Push URL (may differ from fetch URL). */
    pushUrl: string
  }
  /** Manage remote repositories: list remotes, add new remotes, remove remotes, rename remotes, or get/set remote URLs. */
  function gitRemote(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** The remote operation to perform. @default "list" */
    mode?: "list" | "add" | "remove" | "rename" | "get-url" | "set-url"
    /** Remote name for add/remove/rename/get-url/set-url operations. length 1..255, /^[a-zA-Z0-9._]+(?:[-._a-zA-Z0-9]*)$/ */
    name?: string
    /** Remote URL for add/set-url operations. Accepts HTTP(S), SSH (ssh://… or user@host:path), git://, or file:// URLs. Must not start with "-". length 1..2048 */
    url?: string
    /** New remote name for rename operation. length 1..255, /^[a-zA-Z0-9._]+(?:[-._a-zA-Z0-9]*)$/ */
    newName?: string
    /** Set push URL separately (for set-url operation). @default false */
    push?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Operation mode that was performed. */
    mode: string
    /** List of remotes (for list mode). */
    remotes?: Remote[]
    /** Remote URL (for get-url mode). */
    url?: string
    /** Added remote (for add mode). */
    added?: { name: string; url: string }
    /** Removed remote name (for remove mode). */
    removed?: string
    /** Rename information (for rename mode). */
    renamed?: { from: string; to: string }
  }>
  /** Reset current HEAD to specified state. Can be used to unstage files (soft), discard commits (mixed), or discard all changes (hard). */
  function gitReset(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Reset mode: soft (keep changes staged), mixed (unstage changes), hard (discard all changes), merge (reset and merge), keep (reset but keep local changes). @default "mixed" */
    mode?: "soft" | "mixed" | "hard" | "merge" | "keep"
    /** Target commit to reset to. Defaults to HEAD. length >= 1 */
    target?: string
    /** Specific file paths to reset (leaves HEAD unchanged). Entries must not start with "-". each length >= 1 */
    paths?: string[]
    /** Explicit confirmation required for hard, merge, and keep reset modes on protected branches (main, master, production, etc.). @default false */
    confirmed?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Reset mode that was used. */
    mode: string
    /** Commit hash HEAD points to after the reset. */
    target: string
    /** Commit hash HEAD pointed to before the reset (omitted if HEAD did not move). */
    previousCommit?: string
    /** Files affected by the reset. For path-only resets, the listed paths. For commit-move resets, files that differ between the old and new HEAD. For --hard with no HEAD move, files whose pending working-tree changes were discarded. */
    filesReset: string[]
  }>
  type Status = {
    /** Current branch (null on detached HEAD). */
    branch: string | null
    /** True when the working tree has no changes. */
    isClean: boolean
    /** Paths staged for the next commit. */
    staged: string[]
    /** Paths with unstaged modifications. */
    unstaged: string[]
    /** Untracked paths. */
    untracked: string[]
    /** Paths with merge conflicts. */
    conflicts: string[]
    /** Upstream ref being tracked by the current branch. */
    upstream?: string
    /** Commits ahead of upstream (if tracking). int */
    ahead?: number
    /** Commits behind upstream (if tracking). int */
    behind?: number
  }
  type RecentCommit = {
    /** Short commit hash. */
    hash: string
    /** Author name. */
    author: string
    /** Author date (ISO 8601). */
    date: string
    /** First line of the commit message. */
    subject: string
  }
  type RecentTag = {
    /** Tag name. */
    name: string
    /** Creator date (ISO 8601); absent for lightweight tags with no metadata. */
    date?: string
    /** Tagger identity (annotated tags only). */
    tagger?: string
    /** First line of the tag annotation (annotated tags only). */
    annotationSubject?: string
    /** Remaining annotation body after the subject (annotated tags only). */
    annotationBody?: string
  }
  /** Set the session working directory for all git operations so subsequent calls can omit the path parameter. Always returns a repository snapshot (status, recent commits, recent tags, remotes) to orient the caller. */
  function gitSetWorkingDir(input: {
    /** Absolute path to the git repository to use as the working directory. length >= 1 */
    path: string
    /** Validate that the path is a Git repository. @default true */
    validateGitRepo?: boolean
    /** If not a Git repository, initialize it with 'git init'. @default false */
    initializeIfNotPresent?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** The working directory that was set. */
    path: string
    /** Confirmation message. */
    message: string
    /** Best-effort repository snapshot. Omitted when the path is not a git repository (see enrichmentWarnings). */
    repository?: {
      status: Status
      /** Up to 2 most recent commits on the current branch. */
      recentCommits: RecentCommit[]
      /** Up to 2 most recent tags by creator date. */
      recentTags: RecentTag[]
      /** Configured remote repositories. */
      remotes: Remote[]
    }
    /** Actionable notes when snapshot gathering was skipped or partially failed. */
    enrichmentWarnings?: string[]
  }>
  /** Show details of a git object (commit, tree, blob, or tag). Displays commit information and the diff of changes introduced. Read-only. */
  function gitShow(input: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Git object to show (commit hash, branch, tag, tree, or blob). length >= 1 */
    object: string
    /** Output format for the git object. Use "raw" for unprocessed git output. */
    format?: "raw"
    /** Show diffstat instead of full diff. @default false */
    stat?: boolean
    /** View specific file at a given commit reference. When provided, shows the file content from the specified object. Must not start with "-". length >= 1 */
    filePath?: string
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Object identifier. */
    object: string
    /** Type of git object shown. */
    type: "commit" | "tag" | "tree" | "blob"
    /** Formatted output showing the object details. */
    content: string
    /** Additional metadata about the object. */
    metadata?: Record<string, unknown>
  }>
  /** Manage stashes: list stashes, save current changes (push), restore changes (pop/apply), or remove stashes (drop/clear). */
  function gitStash(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** The stash operation to perform. Defaults to push (save current changes). */
    mode?: "list" | "push" | "pop" | "apply" | "drop" | "clear"
    /** Stash message description (for push operation). */
    message?: string
    /** Stash reference like stash@{0} (for pop/apply/drop operations). Must not start with "-". length >= 1 */
    stashRef?: string
    /** Include untracked files in the stash (for push operation). @default false */
    includeUntracked?: boolean
    /** Don't revert staged changes (for push operation). @default false */
    keepIndex?: boolean
    /** For list mode: cap the number of stash entries returned (applied at the git command). int, 1..1000 */
    limit?: number
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Operation mode that was performed. */
    mode: string
    /** List of stashes (for list mode). */
    stashes?: {
      /** Stash reference (e.g., stash@{0}). */
      ref: string
      /** Stash index number. int */
      index: number
      /** Branch name when stashed. */
      branch: string
      /** Stash description. */
      description: string
      /** Unix timestamp when stashed. int */
      timestamp: number
    }[]
    /** Created stash reference (for push mode). */
    created?: string
    /** Applied stash reference (for pop/apply mode). */
    applied?: string
    /** Dropped stash reference (for drop mode). */
    dropped?: string
    /** Whether operation had conflicts. */
    conflicts?: boolean
  }>
  /** Show the working tree status including staged, unstaged, and untracked files. Read-only. */
  function gitStatus(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** Include untracked files in the output. @default true */
    includeUntracked?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Current branch name. */
    currentBranch: string | null
    /** Upstream ref the current branch is tracking (if any). */
    upstream?: string
    /** Commits ahead of upstream (if tracking). int */
    ahead?: number
    /** Commits behind upstream (if tracking). int */
    behind?: number
    /** True if working directory is clean (no staged, unstaged, or untracked changes). When includeUntracked is false, untracked files are excluded from this check. */
    isClean: boolean
    /** Changes that have been staged for the next commit. */
    stagedChanges: {
      /** Files added to the index (staged). */
      added?: string[]
      /** Files modified and staged. */
      modified?: string[]
      /** Files deleted and staged. */
      deleted?: string[]
      /** Files renamed and staged. */
      renamed?: string[]
      /** Files copied and staged. */
      copied?: string[]
    }
    /** Changes in the working directory that have not been staged. */
    unstagedChanges: {
      /** Files added but not staged. */
      added?: string[]
      /** Files modified but not staged. */
      modified?: string[]
      /** Files deleted but not staged. */
      deleted?: string[]
    }
    /** Files in the working directory not tracked by git. */
    untrackedFiles: string[]
    /** Files with merge conflicts that need resolution. */
    conflictedFiles: string[]
  }>
  type GitTagOutput = {
    /** Indicates if the operation was successful. */
    success: boolean
    /** Operation mode that was performed. */
    mode: string
    /** List of tags (for list mode). */
    tags?: {
      /** Tag name. */
      name: string
      /** Commit hash the tag points to. */
      commit: string
      /** First line of the tag annotation (annotated tags only). See `annotationBody` for the remainder. */
      message?: string
      /** Remaining annotation body after the subject line (annotated tags only). */
      annotationBody?: string
      /** Tagger name and email. */
      tagger?: string
      /** Tag creation timestamp. int */
      timestamp?: number
    }[]
    /** Created tag name (for create mode). */
    created?: string
    /** Deleted tag name (for delete mode). */
    deleted?: string
    /** Whether the created tag was signed. Only populated for create mode. False when GIT_SIGN_COMMITS=false or when signing failed and fell back to unsigned. */
    signed?: boolean
    /** Populated only when signing was requested but failed, and the tag was created unsigned as a fallback. */
    signingWarning?: string
    /** Verified tag name (for verify mode). Echoes the input so callers can correlate results in batched flows. */
    verifiedTag?: string
    /** Whether the signature validated (for verify mode). `false` for unsigned tags, missing trust config, bad signatures, or unparseable output — inspect `warning` to distinguish. */
    verified?: boolean
    /** Signature algorithm family when detectable from `git tag -v` output (verify mode). Absent for unsigned tags or unparseable output. */
    signatureType?: "gpg" | "ssh" | "x509"
    /** Signer identity as emitted by git — e.g., `Name <email>` for GPG or the SSH principal. Verify mode only. */
    signerIdentity?: string
    /** Key material emitted by git — GPG fingerprint/key ID or SSH key fingerprint (`SHA256:…`). Verify mode only; absent when git did not surface it. */
    signerKey?: string
    /** Populated on verify failure with a human-readable reason distinguishing unsigned tags, missing trust configuration, bad signatures, and unparseable output. */
    warning?: string
    /** Raw stderr from `git tag -v` for callers that need the full verification output (verify mode only). */
    rawOutput?: string
  }
  /** Manage tags: list all tags, create a new tag, delete a tag, or verify a signed tag. Tags are used to mark specific points in history (releases, milestones). Verify runs `git tag -v` and returns a structured result distinguishing unsigned tags, missing trust configuration, bad signatures, and valid signatures. */
  function gitTag(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** The tag operation to perform. @default "list" */
    mode?: "list" | "create" | "delete" | "verify"
    /** Tag name for create/delete/verify operations. length 1..255 */
    tagName?: string
    /** Commit to tag (default: HEAD for create operation). length >= 1 */
    commit?: string
    /** Tag message. Providing a message always produces an annotated tag (git does not support messages on lightweight tags). For release tags, summarize notable changes. */
    message?: string
    /** Create an annotated tag with a default "Tag <name>" message. Only effective when no message is provided and signing is disabled — otherwise the tag is always annotated. @default false */
    annotated?: boolean
    /** Overwrite an existing tag (create mode only; has no effect on list or delete). @default false */
    force?: boolean
    /** For list mode: cap the number of tags returned (applied at the git command via `--count=N`). Use on repos with many tags. int, 1..1000 */
    limit?: number
  }): Promise<GitTagOutput>
  /** Manage multiple working trees: list worktrees, add new worktrees for parallel work, remove worktrees, or move worktrees to new locations. */
  function gitWorktree(input?: {
    /** Path to the Git repository. Defaults to session working directory set via git_set_working_dir. */
    path?: string
    /** The worktree operation to perform. @default "list" */
    mode?: "list" | "add" | "remove" | "move" | "prune"
    /** Path for the new worktree (for add/move operations). Must not start with "-". length >= 1 */
    worktreePath?: string
    /** For add operation: create a NEW branch with this name in the new worktree. Fails if the branch already exists — use `commitish` to check out an existing branch instead. length 1..255 */
    branch?: string
    /** For add operation: check out this existing branch/commit/tag in the new worktree (no new branch is created). length >= 1 */
    commitish?: string
    /** Force operation (for remove operation with uncommitted changes). @default false */
    force?: boolean
    /** New path for the worktree (for move operation). Must not start with "-". length >= 1 */
    newPath?: string
    /** Create worktree with detached HEAD (for add operation). @default false */
    detach?: boolean
    /** Provide detailed output for worktree operations. @default false */
    verbose?: boolean
    /** Preview the operation without executing it (for prune operation). @default false */
    dryRun?: boolean
  }): Promise<{
    /** Indicates if the operation was successful. */
    success: boolean
    /** Operation mode that was performed. */
    mode: string
    /** List of worktrees (for list mode). */
    worktrees?: {
      /** Absolute path to the worktree. */
      path: string
      /** HEAD commit hash in this worktree. */
      head: string
      /** Branch checked out (if not detached). */
      branch?: string
      /** Whether worktree is bare. */
      bare: boolean
      /** Whether HEAD is detached. */
      detached: boolean
      /** Whether the worktree is locked. */
      locked: boolean
      /** Whether the worktree can be pruned. */
      prunable: boolean
    }[]
    /** Added worktree path (for add mode). */
    added?: string
    /** Removed worktree path (for remove mode). */
    removed?: string
    /** Move operation info (for move mode). */
    moved?: { from: string; to: string }
    /** Pruned worktree paths (for prune mode). */
    pruned?: string[]
  }>
  /** Returns a Git wrap-up protocol: an acceptance-criteria checklist the agent must satisfy before the session is considered shipped. Uses the operator's custom instructions if configured, otherwise emits a generic goals-strict/mechanism-generic default. Enriches the response with a repository snapshot (status, recent commits, recent tags) so the agent has immediate orientation for the commit and release steps. Read-only. */
  function gitWrapupInstructions(input: {
    /** Acknowledgement to initiate the wrap-up workflow. */
    acknowledgement: "Y" | "y" | "Yes" | "yes"
    /** Controls whether the tag criterion appears in the emitted protocol. Omit or set `true` to include the tag step. Set `false` to omit it entirely — e.g., when tagging is deferred to a separate release step. */
    createTag?: boolean
  }): Promise<{
    /** The wrap-up protocol to satisfy before the session ships. */
    instructions: string
    /** Best-effort repository snapshot. Omitted when no working directory is set or when the path is not a git repository. */
    repository?: {
      status: Status
      /** Up to 2 most recent commits on the current branch. */
      recentCommits: RecentCommit[]
      /** Up to 2 most recent tags by creator date. */
      recentTags: RecentTag[]
    }
    /** Actionable notes when snapshot gathering was skipped or partially failed. */
    enrichmentWarnings?: string[]
  }>
}
