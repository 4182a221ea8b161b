/**
 * Programs whose hosts are killed. Each returns the same value in every run, whatever the clock and the random numbers
 * are. `bank.wire` needs approval.
 */
export const PROGRAMS: Readonly<Record<string, string>> = {
  'no call': 'return 1 + 1',
  'one call': "return await bank.pay({ to: 'a', amount: 1 })",
  'one call that needs approval': "return await bank.wire({ to: 'a', amount: 1 })",
  'one idempotent call': "return await bank.set({ key: 'a', value: 1 })",
  'one read-only call': "return await bank.rate({ of: 'EUR' })",
  'two calls in order':
    "const a = await bank.pay({ to: 'a', amount: 1 }); return [a, await bank.pay({ to: 'b', amount: 2 })]",
  'two calls at once': "return await Promise.all([bank.pay({ to: 'a', amount: 1 }), bank.pay({ to: 'b', amount: 2 })])",
  'five calls at once': "return await Promise.all([1, 2, 3, 4, 5].map((amount) => bank.pay({ to: 'a', amount })))",
  'a loop':
    "const paid = []; for (let i = 0; i < 6; i++) paid.push(await bank.pay({ to: 'a', amount: i })); return paid",
  'a loop of approvals':
    "const sent = []; for (let i = 0; i < 3; i++) sent.push(await bank.wire({ to: 'a', amount: i })); return sent",
  'approvals at once':
    "return await Promise.all([bank.wire({ to: 'a', amount: 1 }), bank.wire({ to: 'b', amount: 2 })])",
  'approval beside calls': `return await Promise.all([bank.wire({ to: 'a', amount: 1 }), bank.pay({ to: 'b', amount: 2 }),
    bank.set({ key: 'k', value: 3 })])`,
  'kinds in order': `const rate = await bank.rate({ of: 'EUR' }); await bank.set({ key: 'rate', value: rate })
    const paid = await bank.pay({ to: 'a', amount: rate }); return [paid, await bank.wire({ to: 'b', amount: rate })]`,
  'kinds at once': `return await Promise.all([bank.rate({ of: 'EUR' }), bank.set({ key: 'a', value: 1 }),
    bank.pay({ to: 'a', amount: 1 }), bank.wire({ to: 'b', amount: 2 })])`,
  'a caught error': "try { await bank.fail({ why: 'no money' }) } catch (error) { return [error.code, error.message] }",
  'an error that ends it': "await bank.pay({ to: 'a', amount: 1 }); await bank.fail({ why: 'no money' })",
  'a thrown error': "await bank.pay({ to: 'a', amount: 1 }); throw new RangeError('enough')",
  'errors among results': `const all = await Promise.allSettled([bank.fail({ why: 'a' }), bank.pay({ to: 'a', amount: 1 }), bank.fail({ why: 'b' })])
    return all.map(({ status, value, reason }) => [status, value ?? reason.message])`,
  'a retry after an error': `for (let attempt = 0; ; attempt++) {
      try { return await (attempt < 2 ? bank.fail({ why: String(attempt) }) : bank.pay({ to: 'a', amount: attempt })) } catch {}
    }`,
  'an invalid input':
    "try { await bank.pay({ to: 'a' }) } catch (error) { return [error.code, await bank.pay({ to: 'a', amount: 1 })] }",
  'an unknown tool':
    "try { await bank.steal({}) } catch (error) { return [error.code, await bank.pay({ to: 'a', amount: 1 })] }",
  'a denied call':
    "try { await bank.close({}) } catch (error) { return [error.code, await bank.pay({ to: 'a', amount: 1 })] }",
  'a timer': "await new Promise((resolve) => setTimeout(resolve, 5)); return await bank.pay({ to: 'a', amount: 1 })",
  'timers between calls': `const paid = []
    for (let i = 0; i < 3; i++) { paid.push(await bank.pay({ to: 'a', amount: i })); await new Promise((resolve) => setTimeout(resolve, 2)) }
    return paid`,
  'a timer beside a call': `const [, paid] = await Promise.all([new Promise((resolve) => setTimeout(resolve, 3)), bank.slow({ to: 'a', amount: 1 })]); return paid`,
  'a timeout that loses': `return await Promise.race([bank.pay({ to: 'a', amount: 1 }), new Promise((resolve) => setTimeout(resolve, 20_000, 'late'))])`,
  'an interval': `let ticks = 0
    await new Promise((resolve) => { const id = setInterval(() => { if (++ticks === 3) { clearInterval(id); resolve() } }, 2) })
    return [ticks, await bank.pay({ to: 'a', amount: ticks })]`,
  'random numbers': `const amount = Math.floor(Math.random() * 1e9); const { amount: paid } = await bank.echo({ amount })
    return paid === amount && Math.random() !== Math.random()`,
  'random ids':
    'const id = crypto.randomUUID(); const echo = await bank.echo({ id }); return echo.id === id && id.length',
  'random choices': `const order = []; for (const left = ['a', 'b', 'c', 'd']; left.length > 0; ) order.push(...left.splice(Math.random() * left.length, 1))
    for (const key of order) await bank.set({ key, value: 1 }); return order.sort()`,
  'the clock': `const began = Date.now(); const echo = await bank.echo({ began }); await new Promise((resolve) => setTimeout(resolve, 2))
    return echo.began === began && Date.now() - began >= 2`,
  'a large input': "const { text } = await bank.echo({ text: 'x'.repeat(300_000) }); return text.length",
  'large outputs':
    'const texts = await Promise.all([1, 2, 3].map((n) => bank.large({ n }))); return texts.map(({ length }) => length)',
  'a large result': "const { length } = await bank.large({ n: 2 }); return 'y'.repeat(length)",
  'values beyond JSON': `const value = { at: new Date(0), all: new Map([[1n, new Set(['a'])]]), bytes: new Uint8Array([1, 2]), no: undefined }
    value.self = value; const echo = await bank.echo({ at: value.at, bytes: value.bytes }); return [value, echo]`,
  'console lines': `for (let i = 0; i < 4; i++) { console.log('paying', i); await bank.pay({ to: 'a', amount: i }); console.warn('paid', i) } return 'done'`,
  'a call that is awaited late':
    "const a = bank.pay({ to: 'a', amount: 1 }); const b = await bank.pay({ to: 'b', amount: 2 }); return [b, await a]",
  'calls from callbacks': `const paid = []
    await Promise.all(['a', 'b', 'c'].map(async (to, amount) => { paid.push(await bank.pay({ to, amount })); await bank.set({ key: to, value: amount }) }))
    return paid.map(({ to }) => to).sort()`,
  'a class and a generator': `class Payer { *all(n) { for (let i = 0; i < n; i++) yield i } async pay(amount) { return await bank.pay({ to: 'a', amount }) } }
    const payer = new Payer(); const paid = []; for (const amount of payer.all(3)) paid.push((await payer.pay(amount)).amount); return paid`,
  'many calls':
    "const paid = await Promise.all(Array.from({ length: 40 }, (_, amount) => bank.set({ key: 'k' + amount, value: amount }))); return paid.length",
}
