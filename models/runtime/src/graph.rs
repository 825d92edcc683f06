//! The checks that need no shapes: which operators, which names, which order.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use crate::error::{Error, Result};
use crate::onnx::message::{Graph, Model, Node};
use crate::ops;

/// The versions of the standard operators that we know the meaning of.
const OPSETS: std::ops::RangeInclusive<i64> = 11..=23;

/// The version of the standard operators that the model uses. Fails with all that we
/// lack, before any work.
pub(crate) fn check_support(model: &Model) -> Result<i64> {
    let is_standard = |domain: &str| matches!(domain, "" | "ai.onnx");
    let standard = model.opsets.iter().find(|o| is_standard(&o.domain));
    let version = standard.map_or(0, |o| o.version);
    let mut missing = BTreeSet::new();
    if !OPSETS.contains(&version) {
        missing.insert(format!(
            "opset {version} ({} to {} are supported)",
            OPSETS.start(),
            OPSETS.end()
        ));
    }
    if model.graph.sparse {
        missing.insert("sparse weights".to_owned());
    }
    for node in &model.graph.nodes {
        if !is_standard(&node.domain) {
            missing.insert(format!(
                "operator {} of domain {}",
                node.operator, node.domain
            ));
            continue;
        }
        match ops::find(&node.operator) {
            None => {
                missing.insert(format!("operator {}", node.operator));
            }
            Some(row) if named(node) > row.outputs => {
                let outputs = named(node);
                missing.insert(format!("operator {} with {outputs} outputs", node.operator));
            }
            Some(_) => {}
        }
    }
    if missing.is_empty() {
        Ok(version)
    } else {
        Err(Error::Unsupported(missing.into_iter().collect()))
    }
}

/// Outputs up to the last one that has a name.
pub(crate) fn named(node: &Node) -> usize {
    let last = node.outputs.iter().rposition(|name| !name.is_empty());
    last.map_or(0, |last| last + 1)
}

/// The name that messages call a node by.
pub(crate) fn title<'a>(node: &'a Node) -> &'a str {
    if node.name.is_empty() {
        node.outputs
            .first()
            .map_or("without a name", String::as_str)
    } else {
        &node.name
    }
}

/// Nodes that the outputs need, each after those it needs itself.
pub(crate) fn order(graph: &Graph) -> Result<Vec<usize>> {
    let makers = makers(graph)?;
    let needed = needed(graph, &makers)?;
    let mut waiting: Vec<usize> = vec![0; graph.nodes.len()];
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    let mut ready = BinaryHeap::new();
    for (i, node) in graph.nodes.iter().enumerate().filter(|(i, _)| needed[*i]) {
        for maker in node
            .inputs
            .iter()
            .filter_map(|name| makers.get(name.as_str())?.as_ref())
        {
            users[*maker].push(i);
            waiting[i] += 1;
        }
        if waiting[i] == 0 {
            ready.push(Reverse(i));
        }
    }
    let mut order = Vec::new();
    while let Some(Reverse(i)) = ready.pop() {
        order.push(i);
        for &user in &users[i] {
            waiting[user] -= 1;
            if waiting[user] == 0 {
                ready.push(Reverse(user));
            }
        }
    }
    match waiting.iter().position(|&w| w > 0) {
        Some(i) => Err(Error::Graph(format!(
            "node {} needs its own output: the graph has a cycle",
            title(&graph.nodes[i])
        ))),
        None => Ok(order),
    }
}

/// For every name the node that makes it; `None` for inputs and weights.
fn makers<'a>(graph: &'a Graph) -> Result<HashMap<&'a str, Option<usize>>> {
    let mut makers = HashMap::new();
    for input in &graph.inputs {
        if makers.insert(input.name.as_str(), None).is_some() {
            return Err(Error::Graph(format!(
                "two inputs are called {}",
                input.name
            )));
        }
    }
    let mut weights = BTreeSet::new();
    for weight in &graph.initializers {
        // Old files list weights among the inputs too.
        makers.insert(weight.name.as_str(), None);
        if !weights.insert(weight.name.as_str()) {
            return Err(Error::Graph(format!(
                "two weights are called {}",
                weight.name
            )));
        }
    }
    for (i, node) in graph.nodes.iter().enumerate() {
        for output in node.outputs.iter().filter(|name| !name.is_empty()) {
            if makers.insert(output, Some(i)).is_some() {
                return Err(Error::Graph(format!("{output} is made twice")));
            }
        }
    }
    Ok(makers)
}

/// Which nodes the outputs of the graph depend on.
fn needed(graph: &Graph, makers: &HashMap<&str, Option<usize>>) -> Result<Vec<bool>> {
    let find = |name: &str, user: &str| match makers.get(name) {
        Some(maker) => Ok(*maker),
        None => Err(Error::Graph(format!(
            "{user} needs {name}, which nobody makes"
        ))),
    };
    let mut needed = vec![false; graph.nodes.len()];
    let mut open = Vec::new();
    for output in &graph.outputs {
        open.extend(find(&output.name, "the list of outputs")?);
    }
    while let Some(i) = open.pop() {
        if std::mem::replace(&mut needed[i], true) {
            continue;
        }
        let node = &graph.nodes[i];
        for name in node.inputs.iter().filter(|name| !name.is_empty()) {
            open.extend(find(name, title(node))?);
        }
    }
    Ok(needed)
}
