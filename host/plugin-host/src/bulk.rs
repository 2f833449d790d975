//! What a component would cost before any of it runs: the compiler's work, and the host's memory for each instance. Looked at
//! beforehand, because no limit of a running guest holds there.

use wasmparser::{Parser, Payload};

/// A function's locals times its length in bytes, all functions together: the compiler's time and memory grow with it. A file
/// of 750 KB that made it take 9 GB has fifteen times as much; the goldens with a JavaScript engine have less.
const MAX_WORK: u64 = 2_000_000_000;
/// Globals of all modules. Each takes 16 bytes of the host's memory in each instance.
const MAX_GLOBALS: u64 = 10_000;

/// The error says what there is too much of.
pub(crate) fn check(wasm: &[u8]) -> anyhow::Result<()> {
    let (mut work, mut globals) = (0_u64, 0_u64);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::CodeSectionEntry(body)) => {
                let length = u64::try_from(body.range().len()).unwrap_or(u64::MAX);
                let locals: u64 = body
                    .get_locals_reader()
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|(count, _)| u64::from(count))
                    .sum();
                work = work.saturating_add(locals.saturating_mul(length));
            }
            Ok(Payload::GlobalSection(section)) => globals += u64::from(section.count()),
            Ok(_) => {}
            // The compiler says what is wrong with it.
            Err(_) => return Ok(()),
        }
    }
    anyhow::ensure!(
        work <= MAX_WORK,
        "has functions so long, with so many locals, that compiling it would take too much time and memory"
    );
    anyhow::ensure!(
        globals <= MAX_GLOBALS,
        "has {globals} globals, {MAX_GLOBALS} at most"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sections of a core module: each an id and what it holds.
    fn module(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        for (id, content) in sections {
            wasm.push(*id);
            wasm.extend(number(content.len()));
            wasm.extend(content);
        }
        wasm
    }

    /// As WebAssembly writes numbers.
    fn number(mut number: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let low = u8::try_from(number % 128).unwrap();
            number /= 128;
            if number == 0 {
                bytes.push(low);
                return bytes;
            }
            bytes.push(low | 0x80);
        }
    }

    /// One function with so many locals and so many bytes of `nop`.
    fn function(locals: usize, length: usize) -> Vec<u8> {
        let mut body = number(1);
        body.extend(number(locals));
        body.push(0x7f);
        body.extend(vec![0x01; length]);
        body.push(0x0b);
        let mut code = number(1);
        code.extend(number(body.len()));
        code.extend(body);
        module(&[(1, vec![1, 0x60, 0, 0]), (3, vec![1, 0]), (10, code)])
    }

    #[test]
    fn many_locals_in_a_long_function_are_refused_and_either_alone_is_not() {
        check(&function(40_000, 1_000)).unwrap();
        check(&function(100, 1_000_000)).unwrap();
        let refusal = check(&function(40_000, 60_000)).unwrap_err().to_string();
        assert!(refusal.contains("locals"), "{refusal}");
    }

    #[test]
    fn many_globals_are_refused() {
        let globals = |count: usize| {
            let mut section = number(count);
            for _ in 0..count {
                section.extend([0x7f, 0, 0x41, 0, 0x0b]);
            }
            module(&[(6, section)])
        };
        check(&globals(10_000)).unwrap();
        assert!(
            check(&globals(10_001))
                .unwrap_err()
                .to_string()
                .contains("globals")
        );
    }
}
