//! 抜き刷り: some pages of a document as a document of their own; what is on them is not touched.

use lopdf::{Document, Object, ObjectId};
use std::collections::BTreeSet;

/// The document of the pages that are named by number from 1, in their order.
///
/// # Errors
/// What the library says of a document that it cannot read or write.
pub fn pages(bytes: &[u8], wanted: &BTreeSet<usize>) -> std::io::Result<Vec<u8>> {
    let mut document = Document::load_mem(bytes).map_err(std::io::Error::other)?;
    let kept: BTreeSet<ObjectId> = document
        .get_pages()
        .into_iter()
        .filter(|(number, _)| usize::try_from(*number).is_ok_and(|number| wanted.contains(&number)))
        .map(|(_, id)| id)
        .collect();
    let root = document.catalog().and_then(|catalog| catalog.get(b"Pages")?.as_reference()).map_err(std::io::Error::other)?;
    narrow(&mut document, root, &kept);
    document.prune_objects();
    let mut out = Vec::new();
    document.save_to(&mut out)?;
    Ok(out)
}

/// Leaves only the kept pages below a node; gives how many they are.
fn narrow(document: &mut Document, node: ObjectId, kept: &BTreeSet<ObjectId>) -> i64 {
    let kids = document.get_dictionary(node).and_then(|node| node.get(b"Kids")?.as_array().cloned());
    let Ok(kids) = kids else { return i64::from(kept.contains(&node)) };
    let mut count = 0;
    let mut left = Vec::new();
    for kid in kids {
        let below = kid.as_reference().map_or(0, |kid| narrow(document, kid, kept));
        if below > 0 {
            count += below;
            left.push(kid);
        }
    }
    if let Ok(node) = document.get_object_mut(node).and_then(Object::as_dict_mut) {
        node.set("Kids", left);
        node.set("Count", count);
    }
    count
}
