declare namespace playwright {
  /** Close the page. Destructive. */
  function browserClose(input?: Record<string, never>): Promise<unknown>
  /** Resize the browser window. Destructive. */
  function browserResize(input: {
    /** Width of the browser window */
    width: number
    /** Height of the browser window */
    height: number
  }): Promise<unknown>
  /** Returns all console messages. Read-only. */
  function browserConsoleMessages(input?: {
    /** Level of the console messages to return. Each level includes the messages of more severe levels. Defaults to "info". */
    level?: "error" | "warning" | "info" | "debug"
    /** Return all console messages since the beginning of the session, not just since the last navigation. Defaults to false. */
    all?: boolean
    /** File name to save the console messages to. Relative file names are resolved against the workspace root. If not provided, messages are returned as text. */
    filename?: string
  }): Promise<unknown>
  /** List all cookies (optionally filtered by domain/path) Read-only. */
  function browserCookieList(input?: {
    /** Filter cookies by domain */
    domain?: string
    /** Filter cookies by path */
    path?: string
  }): Promise<unknown>
  /** Get a specific cookie by name. Read-only. */
  function browserCookieGet(input: {
    /** Cookie name to get */
    name: string
  }): Promise<unknown>
  /** Set a cookie with optional flags (domain, path, expires, httpOnly, secure, sameSite) Destructive. */
  function browserCookieSet(input: {
    /** Cookie name */
    name: string
    /** Cookie value */
    value: string
    /** Cookie domain */
    domain?: string
    /** Cookie path */
    path?: string
    /** Cookie expiration as Unix timestamp */
    expires?: number
    /** Whether the cookie is HTTP only */
    httpOnly?: boolean
    /** Whether the cookie is secure */
    secure?: boolean
    /** Cookie SameSite attribute */
    sameSite?: "Strict" | "Lax" | "None"
  }): Promise<unknown>
  /** Delete a specific cookie. Destructive. */
  function browserCookieDelete(input: {
    /** Cookie name to delete */
    name: string
  }): Promise<unknown>
  /** Clear all cookies. Destructive. */
  function browserCookieClear(input?: Record<string, never>): Promise<unknown>
  /** Resume script execution after it was paused. When called with step set to true, execution will pause again before the next action. Destructive. */
  function browserResume(input?: {
    /** When true, execution will pause again before the next action, allowing step-by-step debugging. */
    step?: boolean
    /** Pause execution at a specific <file>:<line>, e.g. "example.spec.ts:42". */
    location?: string
  }): Promise<unknown>
  /** Show a persistent highlight overlay around the element on the page. Read-only. */
  function browserHighlight(input: {
    /** Human-readable element description used to obtain permission to interact with the element */
    element?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    target: string
    /** Additional inline CSS applied to the highlight overlay, e.g. "outline: 2px dashed red". */
    style?: string
  }): Promise<unknown>
  /** Remove a highlight overlay previously added for the element. Read-only. */
  function browserHideHighlight(input?: {
    /** Human-readable element description used when adding the highlight; must match the value passed to browser_highlight. */
    element?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    target?: string
  }): Promise<unknown>
  /** Open the Playwright Dashboard in annotation mode for the current page and wait for the user to draw annotations. Returns the annotated screenshot, ARIA snapshot, and the list of annotations. Read-only. */
  function browserAnnotate(input?: Record<string, never>): Promise<unknown>
  /** Handle a dialog. Destructive. */
  function browserHandleDialog(input: {
    /** Whether to accept the dialog. */
    accept: boolean
    /** The text of the prompt in case of a prompt dialog. */
    promptText?: string
  }): Promise<unknown>
  /** Emulate CSS media features for the page, for example switch between the light and dark color scheme. Omitted parameters are left unchanged; null clears an override. Destructive. */
  function browserEmulateMedia(input?: {
    /** Emulates the prefers-color-scheme media feature */
    colorScheme?: "light" | "dark" | null
    /** Emulates the prefers-reduced-motion media feature */
    reducedMotion?: "reduce" | "no-preference" | null
    /** Emulates the forced-colors media feature */
    forcedColors?: "active" | "none" | null
    /** Emulates the prefers-contrast media feature */
    contrast?: "more" | "no-preference" | null
    /** Changes the CSS media type of the page */
    media?: "screen" | "print" | null
  }): Promise<unknown>
  /** Evaluate JavaScript expression on page or element. Destructive. */
  function browserEvaluate(input: {
    /** Human-readable element description used to obtain permission to interact with the element */
    element?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    target?: string
    /** () => { /* code *\/ } or (element) => { /* code *\/ } when element is provided */
    function: string
    /** File name to save the result to. Relative file names are resolved against the workspace root. If not provided, result is returned as text. */
    filename?: string
  }): Promise<unknown>
  /** Upload one or multiple files. Destructive. */
  function browserFileUpload(input?: {
    /** The absolute paths to the files to upload. Can be single file or multiple files. If omitted, file chooser is cancelled. */
    paths?: string[]
  }): Promise<unknown>
  /** Drop files or MIME-typed data onto an element, as if dragged from outside the page. At least one of "paths" or "data" must be provided. Destructive. */
  function browserDrop(input: {
    /** Human-readable element description used to obtain permission to interact with the element */
    element?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    target: string
    /** Absolute paths to files to drop onto the element. */
    paths?: string[]
    /** Data to drop, as a map of MIME type to string value (e.g. {"text/plain": "hello", "text/uri-list": "https://example.com"}). */
    data?: Record<string, string>
  }): Promise<unknown>
  /** Search the accessibility snapshot of the current page for text or a regular expression. Returns matching snapshot nodes with a few lines of surrounding context (like search snippets), each shown under its path from the root of the tree, which is cheaper than capturing the whole snapshot when you only need to locate an element and its ref. Read-only. */
  function browserFind(input?: {
    /** Plain text to search for in the page snapshot (case-insensitive substring match). Provide either text or regex, not both. */
    text?: string
    /** Regular expression to search for in the page snapshot. Matching is case-sensitive by default; wrap the pattern in slashes to add flags, e.g. "/error/i" for case-insensitive. Provide either text or regex, not both. */
    regex?: string
    /** Save results to a file instead of returning them in the response. Relative file names are resolved against the workspace root. */
    filename?: string
  }): Promise<unknown>
  type Type = "textbox" | "checkbox" | "radio" | "combobox" | "slider"
  /** Fill multiple form fields. Destructive. */
  function browserFillForm(input: {
    /** Fields to fill in */
    fields: {
      /** Human-readable element description used to obtain permission to interact with the element */
      element?: string
      /** Exact target element reference from the page snapshot, or a unique element selector */
      target: string
      /** Human-readable field name */
      name: string
      /** Type of the field */
      type: Type
      /** Value to fill in the field. If the field is a checkbox, the value should be `true` or `false`. If the field is a combobox, the value should be the text of the option. */
      value: string
    }[]
  }): Promise<unknown>
  /** Press a key on the keyboard. Destructive. */
  function browserPressKey(input: {
    /** Name of the key to press or a character to generate, such as `ArrowLeft` or `a` */
    key: string
  }): Promise<unknown>
  /** Type text into editable element. Destructive. */
  function browserType(input: {
    /** Human-readable element description used to obtain permission to interact with the element */
    element?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    target: string
    /** Text to type into the element */
    text: string
    /** Whether to submit entered text (press Enter after) */
    submit?: boolean
    /** Whether to type one character at a time. Useful for triggering key handlers in the page. By default entire text is filled in at once. */
    slowly?: boolean
  }): Promise<unknown>
  /** Move mouse to a given position. Destructive. */
  function browserMouseMoveXy(input: {
    /** X coordinate */
    x: number
    /** Y coordinate */
    y: number
  }): Promise<unknown>
  /** Click mouse button at a given position. Destructive. */
  function browserMouseClickXy(input: {
    /** X coordinate */
    x: number
    /** Y coordinate */
    y: number
    /** Button to click, defaults to left */
    button?: "left" | "right" | "middle"
    /** Number of clicks, defaults to 1 */
    clickCount?: number
    /** Time to wait between mouse down and mouse up in milliseconds, defaults to 0 */
    delay?: number
  }): Promise<unknown>
  /** Drag left mouse button to a given position. Destructive. */
  function browserMouseDragXy(input: {
    /** Start X coordinate */
    startX: number
    /** Start Y coordinate */
    startY: number
    /** End X coordinate */
    endX: number
    /** End Y coordinate */
    endY: number
  }): Promise<unknown>
  type BrowserMouseDownInput = {
    /** Button to press, defaults to left */
    button?: "left" | "right" | "middle"
  }
  /** Press mouse down. Destructive. */
  function browserMouseDown(input?: BrowserMouseDownInput): Promise<unknown>
  /** Press mouse up. Destructive. */
  function browserMouseUp(input?: BrowserMouseDownInput): Promise<unknown>
  /** Scroll mouse wheel. Destructive. */
  function browserMouseWheel(input?: {
    /** X delta. @default 0 */
    deltaX?: number
    /** Y delta. @default 0 */
    deltaY?: number
  }): Promise<unknown>
  /** Navigate to a URL. Destructive. */
  function browserNavigate(input: {
    /** The URL to navigate to */
    url: string
  }): Promise<unknown>
  /** Go back to the previous page in the history. Destructive. */
  function browserNavigateBack(input?: Record<string, never>): Promise<unknown>
  /** Returns a numbered list of network requests since loading the page. Use browser_network_request with the number to get full details. Read-only. */
  function browserNetworkRequests(input?: {
    /** Whether to include successful static resources like images, fonts, scripts, etc. Defaults to false. */
    static?: boolean
    /** Only return requests whose URL matches this regexp (e.g. "/api/.*user"). */
    filter?: string
    /** File name to save the network requests to. Relative file names are resolved against the workspace root. If not provided, requests are returned as text. */
    filename?: string
  }): Promise<unknown>
  /** Returns full details (headers and body) of a single network request, or a single part if `part` is set. Use the number from browser_network_requests. Read-only. */
  function browserNetworkRequest(input: {
    /** 1-based index of the request, as printed by browser_network_requests. int, >= 1 */
    index: number
    /** Return only this part of the request. Omit to return full details. */
    part?: "request-headers" | "request-body" | "response-headers" | "response-body"
    /** File name to save the result to. Relative file names are resolved against the workspace root. If not provided, output is returned as text. */
    filename?: string
  }): Promise<unknown>
  /** Sets the browser network state to online or offline. When offline, all network requests will fail. Destructive. */
  function browserNetworkStateSet(input: {
    /** Set to "offline" to simulate offline mode, "online" to restore network connectivity */
    state: "online" | "offline"
  }): Promise<unknown>
  /** Save page as PDF. Read-only. */
  function browserPdfSave(input?: {
    /** File name to save the pdf to. Relative file names are resolved against the workspace root. If not specified, the pdf is saved into the output directory as `page-{timestamp}.pdf`. */
    filename?: string
  }): Promise<unknown>
  /** Start recording actions that the user performs in the browser as Playwright code. Use it when the user wants to demonstrate a flow manually. Call browser_stop_recording when the user says they are done to retrieve the recorded actions. Read-only. */
  function browserStartRecording(input?: Record<string, never>): Promise<unknown>
  /** Stop the recording started with browser_start_recording and return the recorded actions as Playwright code. Read-only. */
  function browserStopRecording(input?: Record<string, never>): Promise<unknown>
  /** Set up a route to mock network requests matching a URL pattern. Destructive. */
  function browserRoute(input: {
    /** URL pattern to match (e.g., "**\/api/users", "**\/*.{png,jpg}") */
    pattern: string
    /** HTTP status code to return (default: 200) */
    status?: number
    /** Response body (text or JSON string) */
    body?: string
    /** Content-Type header (e.g., "application/json", "text/html") */
    contentType?: string
    /** Headers to add in "Name: Value" format */
    headers?: string[]
    /** Comma-separated list of header names to remove from request */
    removeHeaders?: string
  }): Promise<unknown>
  /** List all active network routes. Read-only. */
  function browserRouteList(input?: Record<string, never>): Promise<unknown>
  /** Remove network routes matching a pattern (or all routes if no pattern specified) Destructive. */
  function browserUnroute(input?: {
    /** URL pattern to unroute (omit to remove all routes) */
    pattern?: string
  }): Promise<unknown>
  /** Run a Playwright code snippet. Unsafe: executes arbitrary JavaScript in the Playwright server process and is RCE-equivalent. Destructive. */
  function browserRunCodeUnsafe(input?: {
    /** A JavaScript function containing Playwright code to execute. It will be invoked with a single argument, page, which you can use for any page interaction. For example: `async (page) => { await page.getByRole('button', { name: 'Submit' }).click(); return await page.title(); }` */
    code?: string
    /** Load code from the specified file. Relative file names are resolved against the workspace root. If both code and filename are provided, code will be ignored. */
    filename?: string
  }): Promise<unknown>
  /** Take a screenshot of the current page. You can't perform actions based on the screenshot, use browser_snapshot for actions. Read-only. */
  function browserTakeScreenshot(input?: {
    /** Human-readable element description used to obtain permission to interact with the element */
    element?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    target?: string
    /** Image format for the screenshot. If unset, inferred from the filename extension, otherwise png. */
    type?: "png" | "jpeg" | "webp"
    /** File name to save the screenshot to. Relative file names are resolved against the workspace root. If not specified, the screenshot is saved into the output directory as `page-{timestamp}.{png|jpeg|webp}`. */
    filename?: string
    /** When true, takes a screenshot of the full scrollable page, instead of the currently visible viewport. Cannot be used with element screenshots. */
    fullPage?: boolean
    /** Image resolution scale. "css" produces a screenshot sized in CSS pixels (smaller, consistent across devices). "device" produces a high-resolution screenshot using device pixels (larger, accounts for the device pixel ratio). Default is css. */
    scale?: "css" | "device"
  }): Promise<unknown>
  /** Capture accessibility snapshot of the current page, this is better than screenshot. Read-only. */
  function browserSnapshot(input?: {
    /** Exact target element reference from the page snapshot, or a unique element selector */
    target?: string
    /** Save snapshot to a file instead of returning it in the response. Relative file names are resolved against the workspace root. */
    filename?: string
    /** Limit the depth of the snapshot tree */
    depth?: number
    /** Include each element's bounding box as [box=x,y,width,height] in the snapshot. Coordinates are viewport-relative, in CSS pixels (Element.getBoundingClientRect) */
    boxes?: boolean
  }): Promise<unknown>
  /** Perform click on a web page. Destructive. */
  function browserClick(input: {
    /** Human-readable element description used to obtain permission to interact with the element */
    element?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    target: string
    /** Whether to perform a double click instead of a single click */
    doubleClick?: boolean
    /** Button to click, defaults to left */
    button?: "left" | "right" | "middle"
    /** Modifier keys to press */
    modifiers?: ("Alt" | "Control" | "ControlOrMeta" | "Meta" | "Shift")[]
  }): Promise<unknown>
  /** Perform drag and drop between two elements. Destructive. */
  function browserDrag(input: {
    /** Human-readable source element description used to obtain the permission to interact with the element */
    startElement?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    startTarget: string
    /** Human-readable target element description used to obtain the permission to interact with the element */
    endElement?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    endTarget: string
  }): Promise<unknown>
  type BrowserHoverInput = {
    /** Human-readable element description used to obtain permission to interact with the element */
    element?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    target: string
  }
  /** Hover over element on page. Destructive. */
  function browserHover(input: BrowserHoverInput): Promise<unknown>
  /** Select an option in a dropdown. Destructive. */
  function browserSelectOption(input: {
    /** Human-readable element description used to obtain permission to interact with the element */
    element?: string
    /** Exact target element reference from the page snapshot, or a unique element selector */
    target: string
    /** Array of values to select in the dropdown. This can be a single value or multiple values. */
    values: string[]
  }): Promise<unknown>
  /** Generate locator for the given element to use in tests. Read-only. */
  function browserGenerateLocator(input: BrowserHoverInput): Promise<unknown>
  /** Save storage state (cookies, local storage) to a file for later reuse. Read-only. */
  function browserStorageState(input?: {
    /** File name to save the storage state to. Relative file names are resolved against the workspace root. If not specified, the storage state is saved into the output directory as `storage-state-{timestamp}.json`. */
    filename?: string
  }): Promise<unknown>
  /** Restore storage state (cookies, local storage) from a file. This clears existing cookies and local storage before restoring. Destructive. */
  function browserSetStorageState(input: {
    /** Path to the storage state file to restore from. Relative file names are resolved against the workspace root. */
    filename: string
  }): Promise<unknown>
  /** List, create, close, or select a browser tab. Destructive. */
  function browserTabs(input: {
    /** Operation to perform */
    action: "list" | "new" | "close" | "select"
    /** Tab index, used for close/select. If omitted for close, current tab is closed. */
    index?: number
    /** URL to navigate to in the new tab, used for new. */
    url?: string
  }): Promise<unknown>
  /** Start trace recording. Read-only. */
  function browserStartTracing(input?: Record<string, never>): Promise<unknown>
  /** Stop trace recording. Read-only. */
  function browserStopTracing(input?: Record<string, never>): Promise<unknown>
  /** Verify element is visible on the page. Read-only. */
  function browserVerifyElementVisible(input: {
    /** ROLE of the element. Can be found in the snapshot like this: `- {ROLE} "Accessible Name":` */
    role: string
    /** ACCESSIBLE_NAME of the element. Can be found in the snapshot like this: `- role "{ACCESSIBLE_NAME}"` */
    accessibleName: string
  }): Promise<unknown>
  /** Verify text is visible on the page. Prefer browser_verify_element_visible if possible. Read-only. */
  function browserVerifyTextVisible(input: {
    /** TEXT to verify. Can be found in the snapshot like this: `- role "Accessible Name": {TEXT}` or like this: `- text: {TEXT}` */
    text: string
  }): Promise<unknown>
  /** Verify list is visible on the page. Read-only. */
  function browserVerifyListVisible(input: {
    /** Human-readable list description */
    element: string
    /** Exact target element reference that points to the list */
    target: string
    /** Items to verify */
    items: string[]
  }): Promise<unknown>
  /** Verify element value. Read-only. */
  function browserVerifyValue(input: {
    /** Type of the element */
    type: Type
    /** Human-readable element description */
    element: string
    /** Exact target element reference from the page snapshot */
    target: string
    /** Value to verify. For checkbox, use "true" or "false". */
    value: string
  }): Promise<unknown>
  /** Start video recording. Read-only. */
  function browserStartVideo(input?: {
    /** File name to save the video to. Relative file names are resolved against the workspace root. If not specified, the video is saved into the output directory as `video-{timestamp}.webm`. */
    filename?: string
    /** Video size */
    size?: {
      /** Video width */
      width: number
      /** Video height */
      height: number
    }
    /** Video frame rate in frames per second, defaults to 25 */
    fps?: number
    /** Render an animated mouse cursor that travels to each action point. Paces actions by 800ms so that the cursor has time to travel. */
    cursor?: boolean
  }): Promise<unknown>
  /** Stop video recording. Read-only. */
  function browserStopVideo(input?: Record<string, never>): Promise<unknown>
  /** Add a chapter marker to the video recording. Shows a full-screen chapter card with blurred backdrop. Read-only. */
  function browserVideoChapter(input: {
    /** Chapter title */
    title: string
    /** Chapter description */
    description?: string
    /** Duration in milliseconds to show the chapter card */
    duration?: number
  }): Promise<unknown>
  /** Annotate subsequent actions performed on the page with a callout that names the action and, when styled, marks the action point and highlights the target element. Useful while video recording or screencasting. Read-only. */
  function browserVideoShowActions(input?: {
    /** How long each action annotation stays on screen, in milliseconds. Defaults to 500. */
    duration?: number
    /** Where to place the action title relative to the page. Defaults to top-right. */
    position?: "top-left" | "top" | "top-right" | "bottom-left" | "bottom" | "bottom-right"
    /** Cursor decoration for pointer actions. "pointer" (default) animates a mouse pointer from the previous action point to the next one; "none" disables the cursor decoration. */
    cursor?: "none" | "pointer"
    /** Styles of the action decorations. */
    style?: {
      /** CSS declarations for the zero-sized marker centered on the action point, e.g. "width: 20px; height: 20px; border-radius: 50%; background: red". Not shown when omitted. */
      point?: string
      /** CSS declarations for the box that covers the target element, e.g. "outline: 2px solid #333". Not shown when omitted. */
      highlight?: string
      /** CSS declarations for the action title, e.g. "font-size: 16px". */
      title?: string
    }
  }): Promise<unknown>
  /** Stop annotating actions performed on the page. Read-only. */
  function browserVideoHideActions(input?: Record<string, never>): Promise<unknown>
  /** Wait for text to appear or disappear or a specified time to pass. Read-only. */
  function browserWaitFor(input?: {
    /** The time to wait in seconds, at most 30 */
    time?: number
    /** The text to wait for */
    text?: string
    /** The text to wait for to disappear */
    textGone?: string
  }): Promise<unknown>
  /** List all localStorage key-value pairs. Read-only. */
  function browserLocalstorageList(input?: Record<string, never>): Promise<unknown>
  /** Get a localStorage item by key. Read-only. */
  function browserLocalstorageGet(input: {
    /** Key to get */
    key: string
  }): Promise<unknown>
  type BrowserLocalstorageSetInput = {
    /** Key to set */
    key: string
    /** Value to set */
    value: string
  }
  /** Set a localStorage item. Destructive. */
  function browserLocalstorageSet(input: BrowserLocalstorageSetInput): Promise<unknown>
  /** Delete a localStorage item. Destructive. */
  function browserLocalstorageDelete(input: {
    /** Key to delete */
    key: string
  }): Promise<unknown>
  /** Clear all localStorage. Destructive. */
  function browserLocalstorageClear(input?: Record<string, never>): Promise<unknown>
  /** List all sessionStorage key-value pairs. Read-only. */
  function browserSessionstorageList(input?: Record<string, never>): Promise<unknown>
  /** Get a sessionStorage item by key. Read-only. */
  function browserSessionstorageGet(input: {
    /** Key to get */
    key: string
  }): Promise<unknown>
  /** Set a sessionStorage item. Destructive. */
  function browserSessionstorageSet(input: BrowserLocalstorageSetInput): Promise<unknown>
  /** Delete a sessionStorage item. Destructive. */
  function browserSessionstorageDelete(input: {
    /** Key to delete */
    key: string
  }): Promise<unknown>
  /** Clear all sessionStorage. Destructive. */
  function browserSessionstorageClear(input?: Record<string, never>): Promise<unknown>
}
