//! The resources of a template, by logical id.

use std::collections::BTreeMap;

use crate::gateway::fault::DefinitionFault;
use crate::gateway::yaml::Place;

/// The resources of a template.
#[derive(Debug)]
pub(super) struct Resources<'a> {
    by_id: BTreeMap<&'a str, Resource<'a>>,
    // In the order of the template.
    order: Vec<&'a str>,
}

/// One resource.
#[derive(Clone, Debug)]
pub(super) struct Resource<'a> {
    /// Its logical id.
    pub(super) id: &'a str,
    /// Its type, such as `AWS::ApiGateway::Method`.
    pub(super) kind: &'a str,
    /// The whole resource.
    pub(super) place: Place<'a>,
    properties: Option<Place<'a>>,
}

impl<'a> Resource<'a> {
    /// A property.
    pub(super) fn get(&self, name: &str) -> Option<Place<'a>> {
        self.properties.as_ref()?.get(name)
    }

    /// A property that must be there.
    pub(super) fn require(&self, name: &str) -> Result<Place<'a>, DefinitionFault> {
        self.properties.as_ref().unwrap_or(&self.place).require(name)
    }

    /// A property that is a text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, DefinitionFault> {
        self.get(name).map(|place| place.text()).transpose()
    }

    /// Its properties; the resource itself if it has none.
    pub(super) fn properties(&self) -> &Place<'a> {
        self.properties.as_ref().unwrap_or(&self.place)
    }

    /// Whether a property refers to the resource `id`.
    pub(super) fn refers_to(&self, name: &str, id: &str) -> bool {
        let text = self.get(name).and_then(|place| place.text().ok());
        text.is_some_and(|text| id_of(text) == id)
    }
}

impl<'a> Resources<'a> {
    pub(super) fn read(root: &Place<'a>) -> Result<Self, DefinitionFault> {
        let mut resources = Self { by_id: BTreeMap::new(), order: Vec::new() };
        for (id, place) in root.require("Resources")?.members()? {
            let kind = place.require("Type")?.text()?;
            let properties = place.get("Properties");
            resources.by_id.insert(id, Resource { id, kind, place, properties });
            resources.order.push(id);
        }
        Ok(resources)
    }

    /// The resource that a reference names: `ID`, or `ID.Attribute`.
    pub(super) fn get(&self, reference: &str) -> Option<Resource<'a>> {
        self.by_id.get(id_of(reference)).cloned()
    }

    /// The resources of one type, in the order of the template.
    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Resource<'a>> {
        let all = self.order.iter().filter_map(|id| self.by_id.get(id));
        all.filter(move |resource| resource.kind == kind)
    }

    /// As [`of_kind`](Self::of_kind), of which a property refers to the resource `id`.
    pub(super) fn referring(
        &self,
        kind: &'static str,
        property: &'static str,
        id: &str,
    ) -> impl Iterator<Item = &Resource<'a>> {
        self.of_kind(kind).filter(move |resource| resource.refers_to(property, id))
    }
}

/// The logical id in a reference or an attribute.
pub(super) fn id_of(reference: &str) -> &str {
    reference.split('.').next().unwrap_or(reference)
}
