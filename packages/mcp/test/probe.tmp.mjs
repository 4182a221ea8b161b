import { mcp } from '@glovebox/mcp'
import { createServer } from 'node:http'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
const F = new URL('fixtures/server.mjs', import.meta.url).pathname
const d = mkdtempSync('/tmp/probe-')
const ctx = { signal: new AbortController().signal, callId: 1 }
for (const mode of ['normal', 'modern', 'toolless', 'exit', 'garbage', 'chatty', 'silent', 'slow']) {
  const t = performance.now()
  try {
    const p = await mcp({ name: mode, command: process.execPath, args: [F, mode, `${d}/${mode}`], connectTimeoutMs: mode === 'silent' || mode === 'garbage' ? 1000 : 30000 })
    console.log(mode, p.tools.map(t => t.name).join())
    if (p.tools.length) {
      const r = p.tools.find(t => t.name === 'result')
      for (const result of [{ content: [], structuredContent: null }, { content: [] }, { content: [], structuredContent: [1] }, {}, {content: [{type:'text',text:'x'}], isError: true}, { resultType: 'complete', content: [], structuredContent: null }])
        console.log(mode, JSON.stringify(result), await Promise.resolve(r.execute({ result }, ctx)).catch(e => e.name + ' ' + e.code + ' ' + e.message))
      console.log(await p.tools.find(t => t.name === 'die').execute({}, ctx).catch(e => e.name + ' ' + e.code + ' ' + e.message))
      console.log(await p.tools.find(t => t.name === 'last_of_all').execute({}, ctx).catch(e => e.name + ' ' + e.code + ' ' + e.message))
    }
    await p.close(); await p.close()
  } catch (e) { console.log(mode, e.name, e.code, e.message) }
  const pids = readFileSync(`${d}/${mode}`, 'utf8').trim().split('\n').map(l => JSON.parse(l)).filter(n => n.event === 'started').map(n => n.pid)
  console.log(mode, Math.round(performance.now() - t), pids.map(pid => { try { process.kill(pid, 0); return pid + ' ALIVE' } catch { return 'gone' } }).join())
}
for (const o of [{ command: 'no-such-command-x' }, { command: process.execPath, cwd: '/nonexistent-dir' }, { url: 'http://127.0.0.1:1/mcp' }, { url: 'http://127.0.0.1:1/mcp', transport: 'sse' }])
  await mcp({ name: 'x', ...o }).catch(e => console.log(e.name, e.code, e.message, '|', e.cause?.name, e.cause?.code, e.cause?.cause?.code))
const s = createServer((q, r) => { if (q.url === '/401') { r.statusCode = 401; r.end('nope') } else if (q.url === '/html') { r.setHeader('content-type', 'text/html'); r.end('<html>') } else if (q.url === '/sse') { r.writeHead(200, {'content-type': 'text/event-stream'}); r.flushHeaders() } }).listen(0, '127.0.0.1')
await new Promise(r => s.on('listening', r))
const b = `http://127.0.0.1:${s.address().port}`
for (const o of [{ url: b + '/401' }, { url: b + '/html' }, { url: b + '/hang', connectTimeoutMs: 500 }, { url: b + '/sse', transport: 'sse', connectTimeoutMs: 500 }, { url: b + '/401', transport: 'sse' }])
  { const t = performance.now(); await mcp({ name: 'x', ...o }).catch(e => console.log(o.url, Math.round(performance.now() - t), e.name, e.code, e.message, '|', e.cause?.name, e.cause?.code)) }
s.closeAllConnections(); s.close()
rmSync(d, { recursive: true })
