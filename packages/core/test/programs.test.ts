import { describe, expect, it } from 'vitest'
import { applyEdits, codeFrame, originalPosition, positionAt } from '../src/program/positions.ts'
import { prepareProgram } from '../src/program/program.ts'
import { ProgramSyntaxError } from '../src/program/syntax-error.ts'

describe('positions', () => {
  it('map back through edits to the original character', () => {
    const text = 'ab cd\nef gh\n'
    const { text: edited, step } = applyEdits(text, [
      { start: 3, end: 3, insert: 'return(' },
      { start: 5, end: 5, insert: ')' },
      { start: 6, end: 8, insert: '__x__' },
    ])
    expect(edited).toBe('ab return(cd)\n__x__ gh\n')
    for (const [character, offset] of [
      ['a', 0],
      ['c', 3],
      ['d', 4],
      ['g', 9],
    ] as const) {
      const place = positionAt(edited, edited.indexOf(character, character === 'c' ? 10 : 0))
      if (character === 'a' || character === 'c' || character === 'g')
        expect(originalPosition([step], place), character).toEqual(positionAt(text, offset))
    }
  })

  it('are shown with the lines around them', () => {
    expect(codeFrame('one\ntwo\nthree\nfour\nfive', { line: 3, column: 4 })).toBe(
      '  1 | one\n  2 | two\n> 3 | three\n    |    ^\n  4 | four',
    )
  })

  it('are shown in an excerpt of a long line', () => {
    const frame = codeFrame(`${'x'.repeat(5_000)}!`, { line: 1, column: 5_001 })
    expect(frame.length).toBeLessThan(400)
    const [source = '', mark = ''] = frame.split('\n')
    expect(source[mark.indexOf('^')]).toBe('!')
  })
})

describe('a program', () => {
  it('keeps every line on its line', async () => {
    const text = 'const a: number = 1\n\ninterface B {\n  x: string\n}\nconst b = { x: "y" } as B\nreturn b.x'
    const { source } = await prepareProgram(text)
    const lines = source.split('\n')
    expect(lines[0]).toContain('const a')
    expect(lines[5]).toMatch(/^const b = \{ x: "y" \}/)
    expect(lines[6]).toBe('return b.x')
  })

  it('maps columns of rewritten TypeScript back', async () => {
    const text = 'enum Colour { Red, Green }\nconst c: Colour = Colour.Green\nthrow new Error(String(c))'
    const { source, steps } = await prepareProgram(text)
    const at = positionAt(source, source.indexOf('throw'))
    expect(originalPosition(steps, at)).toEqual({ line: 3, column: 1 })
  })

  it.each([
    '})(); evil(); (async () => {',
    '}\nevil()\nasync()=>{',
    '}; evil(); {',
    'return 1 }) ; ({',
    '`${"',
    '/*',
    '"unterminated',
    '<!-- html',
    // A module parses this as operators, a script as a comment.
    'let x = 1, y = 0;\ny <!--x + `\n}; evil(); async () => {\n//`\n0',
    'let x = 1;\n/* */ x\n--> `\n}; evil(); async () => {\n//`\n0',
  ])('that tries to close its wrapper is a syntax error: %j', async (text) => {
    await expect(prepareProgram(text)).rejects.toMatchObject({ name: 'SyntaxError' })
  })

  it('may contain text that looks like an HTML comment', async () => {
    for (const text of ['return "<!-- x -->"', 'return `\n-->`', 'let n = 3\nwhile (n --> 0) {}', 'return 1 // <!--']) {
      expect((await prepareProgram(text)).source).toContain(text.slice(0, 5))
    }
  })

  it('is rejected if it uses import.meta, but may start with a shebang', async () => {
    await expect(prepareProgram('return import.meta.url')).rejects.toThrow('import.meta is not available')
    const { source } = await prepareProgram('#!/usr/bin/env node\nreturn 1')
    expect(source).toMatch(/\/\/\/usr\/bin\/env node\nreturn 1\n\}$/)
  })

  it('is compiled to exactly one function expression, whatever its text', async () => {
    for (const text of [
      'return 1',
      '// x',
      '"use strict"',
      'a\n//',
      '`\n`',
      'const x = () => {}',
      'export default 1',
      // Other line terminators end comments too.
      'export //23456 0)}; evil(); async()=>{return 1;/*\r default "*/ //"',
      'export //23456 0)}; evil(); async()=>{return 1;/*\u2028 default "*/ //"',
      '{}',
      '',
    ]) {
      const { source } = await prepareProgram(text)
      // Evaluating the expression must not run the program.
      const evaluated: unknown = (0, eval)(source)
      expect(typeof evaluated, text).toBe('function')
    }
  })

  it('is parsed in linear time, whatever its regular expressions', async () => {
    const text = (count: number) => `return /[${'\\p{L}'.repeat(count)}]/u`
    const before = process.cpuUsage()
    await prepareProgram(text(30_000))
    const { user, system } = process.cpuUsage(before)
    // A tenth of the time in which V8 compiles the pattern.
    expect(user + system).toBeLessThan(20_000_000)
    for (const mistake of ['return /[/', 'return /a/gg', 'return /(/u', 'return /a\n/']) {
      await expect(prepareProgram(mistake)).rejects.toBeInstanceOf(ProgramSyntaxError)
    }
    expect((await prepareProgram('return /[/]\\//.test("/")')).source).toContain('/[/]\\//')
  })
})
