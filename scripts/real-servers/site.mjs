import { createServer } from 'node:http'

const PAGE = `<!doctype html>
<html lang="en">
<title>Greeting</title>
<h1>Greeting</h1>
<p>Enter a name.</p>
<input id="name" aria-label="Name">
<button onclick="document.querySelector('output').textContent = 'Hello, ' + document.querySelector('input').value">Greet</button>
<output></output>
</html>`

/** Starts an HTTP server on this machine, with a page for browsers and a JSON file. */
export async function startSite() {
  const server = createServer((request, response) => {
    const isJson = request.url === '/data.json'
    response.setHeader('content-type', isJson ? 'application/json' : 'text/html; charset=utf-8')
    response.end(isJson ? JSON.stringify({ answer: 42 }) : PAGE)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() }
}
