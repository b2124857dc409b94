//! Reads a lesson's bones: `lesson.yaml`.

use crate::lesson::Lesson;

/// Reads `lesson.yaml`.
///
/// # Errors
/// If it is not as it should be, with the line.
pub fn read_bones(yaml: &str) -> Result<Lesson, String> {
    let lesson: Lesson = serde_yaml::from_str(yaml).map_err(|error| error.to_string())?;
    if lesson.steps.is_empty() {
        return Err("a lesson has steps".to_owned());
    }
    for (index, step) in lesson.steps.iter().enumerate() {
        if lesson.steps[..index].iter().any(|earlier| earlier.id == step.id) {
            return Err(format!("two steps are called {}", step.id));
        }
    }
    Ok(lesson)
}
