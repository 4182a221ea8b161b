declare namespace tavily {
  type TavilySearchInput = {
    /** Search query */
    query: string
    /** The depth of the search. 'basic' for generic results, 'advanced' for more thorough search, 'fast' for optimized low latency with high relevance, 'ultra-fast' for prioritizing latency above all else. @default "basic" */
    search_depth?: "basic" | "advanced" | "fast" | "ultra-fast"
    /** The category of the search. This will determine which of our agents will be used for the search. @default "general" */
    topic?: "general"
    /** The time range back from the current date to include in the search results */
    time_range?: "day" | "week" | "month" | "year"
    /** Will return all results after the specified start date. Required to be written in the format YYYY-MM-DD. @default "" */
    start_date?: string
    /** Will return all results before the specified end date. Required to be written in the format YYYY-MM-DD. @default "" */
    end_date?: string
    /** The maximum number of search results to return. 5..20, @default 5 */
    max_results?: number
    /** Include a list of query-related images in the response. @default false */
    include_images?: boolean
    /** Include a list of query-related images and their descriptions in the response. @default false */
    include_image_descriptions?: boolean
    /** Include the cleaned and parsed HTML content of each search result. @default false */
    include_raw_content?: boolean
    /** A list of domains to specifically include in the search results, if the user asks to search on specific sites set this to the domain of the site. @default [] */
    include_domains?: string[]
    /** List of domains to specifically exclude, if the user asks to exclude a domain set this to the domain of the site. @default [] */
    exclude_domains?: string[]
    /** Boost search results from a specific country. Must be a full country name (e.g., 'United States', 'Japan', 'Germany'). ISO country codes (e.g., 'us', 'jp') are not supported. Available only if topic is general. See https://docs.tavily.com/documentation/api-reference/search for the full list of supported countries. @default "" */
    country?: string
    /** Whether to include the favicon URL for each result. @default false */
    include_favicon?: boolean
    /** Only return results containing the exact phrase(s) in quotes in your query */
    exact_match?: boolean
  }
  /** Search the web for current information on any topic. Use for news, facts, or data beyond your knowledge cutoff. Returns snippets and source URLs. */
  function tavilySearch(input: TavilySearchInput): Promise<unknown>
  /** Extract content from URLs. Returns raw page content in markdown or text format. */
  function tavilyExtract(input: {
    /** List of URLs to extract content from */
    urls: string[]
    /** Use 'advanced' for LinkedIn, protected sites, or tables/embedded content. @default "basic" */
    extract_depth?: "basic" | "advanced"
    /** Include images from pages. @default false */
    include_images?: boolean
    /** Output format. @default "markdown" */
    format?: "markdown" | "text"
    /** Include favicon URLs. @default false */
    include_favicon?: boolean
    /** Query to rerank content chunks by relevance */
    query?: string
  }): Promise<unknown>
  /** Crawl a website starting from a URL. Extracts content from pages with configurable depth and breadth. */
  function tavilyCrawl(input: {
    /** The root URL to begin the crawl */
    url: string
    /** Max depth of the crawl. Defines how far from the base URL the crawler can explore. int, >= 1, @default 1 */
    max_depth?: number
    /** Max number of links to follow per level of the tree (i.e., per page) int, >= 1, @default 20 */
    max_breadth?: number
    /** Total number of links the crawler will process before stopping. int, >= 1, @default 50 */
    limit?: number
    /** Natural language instructions for the crawler. Instructions specify which types of pages the crawler should return. */
    instructions?: string
    /** Regex patterns to select only URLs with specific path patterns (e.g., /docs/.*, /api/v1.*) @default [] */
    select_paths?: string[]
    /** Regex patterns to restrict crawling to specific domains or subdomains (e.g., ^docs\.example\.com$) @default [] */
    select_domains?: string[]
    /** Whether to return external links in the final response. @default true */
    allow_external?: boolean
    /** Advanced extraction retrieves more data, including tables and embedded content, with higher success but may increase latency. @default "basic" */
    extract_depth?: "basic" | "advanced"
    /** The format of the extracted web page content. markdown returns content in markdown format. text returns plain text and may increase latency. @default "markdown" */
    format?: "markdown" | "text"
    /** Whether to include the favicon URL for each result. @default false */
    include_favicon?: boolean
  }): Promise<unknown>
  /** Map a website's structure. Returns a list of URLs found starting from the base URL. */
  function tavilyMap(input: {
    /** The root URL to begin the mapping */
    url: string
    /** Max depth of the mapping. Defines how far from the base URL the crawler can explore. int, >= 1, @default 1 */
    max_depth?: number
    /** Max number of links to follow per level of the tree (i.e., per page) int, >= 1, @default 20 */
    max_breadth?: number
    /** Total number of links the crawler will process before stopping. int, >= 1, @default 50 */
    limit?: number
    /** Natural language instructions for the crawler */
    instructions?: string
    /** Regex patterns to select only URLs with specific path patterns (e.g., /docs/.*, /api/v1.*) @default [] */
    select_paths?: string[]
    /** Regex patterns to restrict crawling to specific domains or subdomains (e.g., ^docs\.example\.com$) @default [] */
    select_domains?: string[]
    /** Whether to return external links in the final response. @default true */
    allow_external?: boolean
  }): Promise<unknown>
  /** Perform comprehensive research on a given topic or question. Use this tool when you need to gather information from multiple sources to answer a question or complete a task. Returns a detailed response based on the research findings. Rate limit: 20 requests per minute. */
  function tavilyResearch(input: {
    /** A comprehensive description of the research task */
    input: string
    /** Defines the degree of depth of the research. 'mini' is good for narrow tasks with few subtopics. 'pro' is good for broad tasks with many subtopics. 'auto' automatically selects the best model. @default "auto" */
    model?: "mini" | "pro" | "auto"
  }): Promise<unknown>
}
