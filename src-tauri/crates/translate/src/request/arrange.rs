//! The order that all dialects accept: no empty turns, one response at a time, and the results of its calls directly after it.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Part, Role, ToolResult, Turn};
use super::untranslatable::Untranslatable;
use crate::names::next_free_id;

/// # Errors
/// [`Untranslatable::Unpaired`]: a result without its call, or a call without its result, which every vendor refuses.
pub(crate) fn arrange(turns: Vec<Turn>) -> Result<Vec<Turn>, Untranslatable> {
    let turns = one_id_each(turns).into_iter();
    let turns = turns.filter(|turn| !turn.parts.is_empty());
    let mut arranged: Vec<Turn> = Vec::new();
    let mut open: BTreeSet<String> = BTreeSet::new();
    // Index for the results of the last response.
    let mut results_at = None;
    for turn in turns {
        if turn.role == Role::Assistant {
            let same_answer = matches!(arranged.last(), Some(last) if last.role == Role::Assistant);
            if !same_answer {
                none_open(&open)?;
                results_at = Some(arranged.len() + 1);
            }
            open.extend(turn.calls().map(|call| call.id.clone()));
            match arranged.last_mut() {
                Some(last) if same_answer => last.parts.extend(turn.parts),
                _ => arranged.push(turn),
            }
            continue;
        }
        let (results, rest) = split(turn);
        for result in results {
            let at = results_at.filter(|_| open.remove(&result.id));
            let Some(at) = at else {
                return Err(Untranslatable::Unpaired { id: result.id });
            };
            add_result(&mut arranged, at, result);
        }
        if !rest.parts.is_empty() {
            arranged.push(rest);
        }
    }
    none_open(&open)?;
    Ok(arranged)
}

/// Some servers number their calls from 0 in every response, which Chat's clients accept. In Messages an id is unique in the
/// conversation.
fn one_id_each(mut turns: Vec<Turn>) -> Vec<Turn> {
    let mut used: BTreeSet<String> = BTreeSet::new();
    // The client's id → its current replacement, if an earlier response used the id.
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    for part in turns.iter_mut().flat_map(|turn| &mut turn.parts) {
        match part {
            Part::Call(call) => {
                let id = call.id.clone();
                if used.contains(&id) {
                    let mut again = (2..).map(|serial| next_free_id(&id, serial));
                    let again = again.find(|again| !used.contains(again));
                    call.id = again.unwrap_or_else(|| id.clone());
                    renamed.insert(id, call.id.clone());
                }
                used.insert(call.id.clone());
            }
            Part::Result(result) => {
                if let Some(id) = renamed.get(&result.id) {
                    result.id.clone_from(id);
                }
            }
            Part::Text(_) | Part::Image(_) | Part::Document(_) => {}
        }
    }
    turns
}

fn none_open(open: &BTreeSet<String>) -> Result<(), Untranslatable> {
    match open.first() {
        Some(id) => Err(Untranslatable::Unpaired { id: id.clone() }),
        None => Ok(()),
    }
}

fn split(turn: Turn) -> (Vec<ToolResult>, Turn) {
    let mut results = Vec::new();
    let mut parts = Vec::new();
    for part in turn.parts {
        match part {
            Part::Result(result) => results.push(result),
            part @ (Part::Text(_) | Part::Image(_) | Part::Document(_) | Part::Call(_)) => {
                parts.push(part);
            }
        }
    }
    let role = turn.role;
    (results, Turn { role, parts })
}

/// Adds the result to the turn at `at`; creates a turn for results if there is none.
fn add_result(turns: &mut Vec<Turn>, at: usize, result: ToolResult) {
    let holds_results =
        matches!(turns.get(at), Some(turn) if matches!(turn.parts.first(), Some(Part::Result(_))));
    if !holds_results {
        let role = Role::User;
        let parts = Vec::new();
        turns.insert(at, Turn { role, parts });
    }
    turns[at].parts.push(Part::Result(result));
}
